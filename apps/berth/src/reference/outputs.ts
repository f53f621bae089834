import { readFileSync } from "node:fs";
import path from "node:path";

/** What an example has written, as the last run of `bun tests/docs-cli/record.ts` saw it. */
export interface Output {
  readonly line: string;
  readonly output: string;
}

/** Outputs of each page's examples, by the page's name. */
export type Outputs = Readonly<Record<string, readonly Output[]>>;

/** Where the pages are. */
export const referenceFolder: string = path.resolve(import.meta.dir, "../../../../docs/cli");

/** The committed outputs. */
export function readOutputs(): Outputs {
  return JSON.parse(readFileSync(`${referenceFolder}/outputs.json`, "utf8")) as Outputs;
}
