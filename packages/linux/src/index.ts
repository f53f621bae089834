export * from "./kernel-error.ts";
export type * from "./ports.ts";
