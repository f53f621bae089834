export { databaseContract } from "./database-contract.ts";
