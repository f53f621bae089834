import { fail } from "@berth/base";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";
import { complaintAbout, defaultName } from "./store/stored.ts";
import { contextExists, removeContext } from "./store/write.ts";
import { setConfig } from "./write-config.ts";

/** `berth context rm`. */
export const command: Command = {
  usage: "[OPTIONS] CONTEXT [CONTEXT...]",
  flags: [{ name: "force", short: "f", type: "bool", help: "Also the one in use; a missing one is no error" }],
  examples: [
    { line: "berth context create old --docker host=tcp://192.0.2.7:2375", does: "A context" },
    { line: "berth context rm old", does: "Forget it, with its certificates; the engine knows nothing of it" },
    { line: "berth context rm -f old older", does: "What is not there is no error with -f" },
  ],
  seeAlso: ["context ls"],
  local: true,
  min: 1,
  run: (context, parsed) =>
    forEach(context, parsed.args, async (name) => {
      const quoted = JSON.stringify(name);
      if (name === defaultName) throw fail("invalid", `context ${quoted} cannot be removed`);
      const { directory, currentContext } = context.config;
      const force = parsed.bool("force");
      if (name === context.contextName && !force) throw fail("conflict", `context ${quoted} is in use, set -f flag to force remove`);
      if (complaintAbout(name) !== undefined || !contextExists(directory, name)) {
        if (!force) throw fail("not-found", `context ${quoted} does not exist`);
      } else {
        if (name === currentContext) await setConfig(directory, "currentContext", undefined);
        removeContext(directory, name);
      }
      return name;
    }),
};
