/** `bun apps/berth/src/reference/generate.ts` makes the pages of `docs/cli` anew from the commands' declarations and the committed outputs. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { readOutputs, referenceFolder } from "./outputs.ts";
import { referencePages } from "./pages.ts";

const pages = await referencePages(readOutputs());
mkdirSync(referenceFolder, { recursive: true });
for (const file of readdirSync(referenceFolder)) if (file.endsWith(".md") && !pages.has(file)) rmSync(`${referenceFolder}/${file}`);
for (const [file, text] of pages) writeFileSync(`${referenceFolder}/${file}`, text);
