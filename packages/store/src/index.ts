export type * from "./ports.ts";
export { openDatabase } from "./sqlite/open-database.ts";
