import type { Command } from "../command.ts";
import { createFromArgs, requestFromArgs } from "./create-container.ts";
import { containerFlags } from "./options/flags.ts";

/** `berth create`. */
export const command: Command = {
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  about:
    "Does everything that 'berth run' does before the start: the container has its id, its settings and its files, and no process yet.",
  flags: containerFlags,
  examples: [
    { line: "berth create --name web -p 8080:80 busybox httpd -f -h /srv", does: "Prepare a container; nothing runs yet" },
    { line: "berth start web", does: "Start it, now or after a reboot" },
    { line: "berth create --name job busybox echo done && berth start -a job", does: "Make one and start it with its output shown here" },
    { line: "berth create --name web busybox", does: "A name can be taken only once", code: 1 },
  ],
  seeAlso: ["run", "start", "cp", "rm"],
  min: 1,
  interspersed: false,
  run: async (context, parsed) => {
    const id = await createFromArgs(context, parsed, requestFromArgs(parsed));
    await context.stdout.write(`${id}\n`);
    return 0;
  },
};
