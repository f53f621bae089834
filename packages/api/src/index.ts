export { createApi, serverHeader } from "./create.ts";
export type { ApiOptions } from "./ports.ts";
