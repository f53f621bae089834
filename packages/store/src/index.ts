export type * from "./ports.ts";
export { type DatabaseOptions, openDatabase } from "./sqlite/open-database.ts";
