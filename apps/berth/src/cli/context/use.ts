import type { Command, Context } from "../command.ts";
import { hostVariable } from "./host.ts";
import { readContext } from "./store/read.ts";
import { defaultName } from "./store/stored.ts";
import { setConfig } from "./write-config.ts";

/** `berth context use`. */
export const command: Command = {
  usage: "CONTEXT",
  flags: [],
  examples: [
    { line: "berth context create near --docker host=unix:///run/berth/berth.sock", does: "A context" },
    { line: "berth context use near", does: "Talk to it whenever no flag and no variable names another" },
    { line: "berth context use default", does: "Back to BERTH_HOST, DOCKER_HOST or this machine's engine" },
  ],
  about:
    "Kept as currentContext in config.json, for docker's own command line too. These go before it: --host, --context, BERTH_HOST, DOCKER_HOST, DOCKER_CONTEXT, in this order.",
  seeAlso: ["context show", "context ls"],
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
