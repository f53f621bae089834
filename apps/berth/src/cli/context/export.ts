import { writeFileSync } from "node:fs";
import { fail, messageOf } from "@berth/base";
import type { Command } from "../command.ts";
import { StatusError } from "../status.ts";
import { contextParts } from "./endpoint-flag.ts";
import { writeArchive } from "./store/archive.ts";

/** `berth context export`. */
export const command: Command = {
  usage: "CONTEXT [FILE|-]",
  flags: [],
  examples: [
    { line: "berth context create shared --docker host=ssh://root@staging.example", does: "A context" },
    { line: "berth context export shared shared.tar", does: "Write it into a file, for somebody else" },
    { line: "berth context export shared - > again.tar", does: "The same by standard output" },
  ],
  seeAlso: ["context import"],
  local: true,
  min: 1,
  max: 2,
  run: async (context, parsed) => {
    const name = parsed.arg(0);
    const path = parsed.arg(1) || `${name}.dockercontext`;
    const { stored, tls } = await contextParts(context, name);
    if (path === "-" && context.stdout.isTerminal) {
      throw new StatusError(1, "an archive is nothing for a terminal: name a file, or redirect the output");
    }
    const bytes = writeArchive(stored, tls);
    if (path === "-") {
      await context.stdout.write(bytes);
      return 0;
    }
    try {
      // It may hold a key.
      writeFileSync(path, bytes, { flag: "wx", mode: 0o600 });
    } catch (error) {
      const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
      throw fail("invalid", exists ? `open ${path}: file exists` : `the context cannot be written: ${messageOf(error)}`, error);
    }
    await context.stderr.write(`Written file ${JSON.stringify(path)}\n`);
    return 0;
  },
};
