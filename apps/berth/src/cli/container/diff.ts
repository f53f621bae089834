import { containerChanges } from "@berth/client";
import type { Command } from "../command.ts";

const letters: Readonly<Record<number, string>> = { 0: "C", 1: "A", 2: "D" };

/** `berth diff`. */
export const command: Command = {
  usage: "CONTAINER",
  about: "Compares the container's files with its image: A added, C changed, D deleted. Volumes and mounts are not looked at.",
  flags: [],
  examples: [
    { line: "berth exec web sh -c 'echo hi > /home/index.html; rm /etc/noexec'", does: "Change something first" },
    { line: "berth diff web", does: "What has changed: A added, C changed, D deleted" },
  ],
  seeAlso: ["commit", "cp", "export"],
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const name = parsed.arg(0);
    if (name === "") throw new Error("Container name cannot be empty");
    const changes = await containerChanges(context.engine, name);
    await context.stdout.write(changes.map(({ Path, Kind }) => `${letters[Kind] ?? "?"} ${Path}\n`).join(""));
    return 0;
  },
};
