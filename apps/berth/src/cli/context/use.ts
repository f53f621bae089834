import type { Command, Context } from "../command.ts";
import { hostVariable } from "./host.ts";
import { readContext } from "./store/read.ts";
import { defaultName } from "./store/stored.ts";
import { setConfig } from "./write-config.ts";

/** `berth context use`. */
export const command: Command = {
  usage: "CONTEXT",
  flags: [],
  examples: ["berth context use lab", "berth context use default    # back to this machine's engine"],
  local: true,
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const name = parsed.arg(0);
    const { directory } = context.config;
    if (name !== defaultName) await readContext(directory, name);
    await setConfig(directory, "currentContext", name === defaultName ? undefined : name);
    await context.stdout.write(`${name}\n`);
    await context.stderr.write(`Current context is now "${name}"\n`);
    if (name !== defaultName) await warnOfVariable(context);
    return 0;
  },
};

/** A variable that names an engine goes before the context in use; who set both may not know. */
export async function warnOfVariable({ stderr }: Context): Promise<void> {
  const variable = hostVariable();
  if (variable === undefined) return;
  await stderr.write(`Warning: ${variable} is set and goes before the context in use; unset it, or name a context with --context.\n`);
}
