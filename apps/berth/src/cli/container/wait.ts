import { waitContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth wait`. */
export const command: Command = {
  usage: "CONTAINER [CONTAINER...]",
  about: "Prints one exit code a line. The exit code of berth is 0 when all of them could be waited for, whatever they ended with.",
  flags: [],
  examples: [
    { line: "berth run -d --name build busybox sh -c 'sleep 1; exit 3'", does: "Something that takes a while" },
    { line: "berth wait build", does: "Wait for its end; its exit code is printed" },
  ],
  seeAlso: ["stop", "logs", "events"],
  min: 1,
  run: (context, parsed) =>
    forEach(context, parsed.args, async (name) => {
      const { result } = await waitContainer(context.engine, name);
      const { statusCode, error } = await result;
      if (error !== undefined) throw new Error(error);
      return String(statusCode);
    }),
};
