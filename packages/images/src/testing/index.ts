export * from "./archives.ts";
export * from "./open-test-store.ts";
