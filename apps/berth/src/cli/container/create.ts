import type { Command } from "../command.ts";
import { createFromArgs, refusedCode, requestFromArgs } from "./create-container.ts";
import { containerFlags } from "./options/flags.ts";

/** `berth create`. */
export const command: Command = {
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  flags: containerFlags,
  examples: ["berth create --name web -p 8080:80 busybox httpd -f -h /srv", "berth create --name job busybox date && berth start -a job"],
  min: 1,
  interspersed: false,
  failureCode: () => refusedCode,
  run: async (context, parsed) => {
    const id = await createFromArgs(context, parsed, requestFromArgs(parsed));
    await context.stdout.write(`${id}\n`);
    return 0;
  },
};
