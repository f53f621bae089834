import type { Command } from "../command.ts";
import { sideOf } from "./cp/paths.ts";
import { CopyProgress } from "./cp/progress.ts";

/** `berth cp`. */
export const command: Command = {
  usage: "[OPTIONS] SOURCE|- TARGET|-   (one is CONTAINER:PATH)",
  about:
    "Works whether or not the container runs. A target that ends in '/' must be a folder; a source that ends in '/.' means what is in the folder. '-' is a tar archive on standard input or output.",
  flags: [
    {
      name: "archive",
      short: "a",
      type: "bool",
      help: "Keep who owns the files: into a container they become its user's, out of it they stay as they are",
    },
    { name: "follow-link", short: "L", type: "bool", help: "Copy what a link as the source leads to" },
    { name: "quiet", short: "q", type: "bool", help: "Tell nothing of how far it is" },
  ],
  examples: [
    { line: "berth cp web:/etc/passwd .", does: "A file out of a container" },
    { line: "berth cp ./site/. web:/home", does: "All that is in a folder into a folder of the container" },
    { line: "berth cp web:/home - | tar -t", does: "A folder as a tar archive" },
    { line: "berth cp web:/no/such/file .", does: "What is not there cannot be copied", code: 1 },
  ],
  seeAlso: ["diff", "export", "exec"],
  min: 2,
  max: 2,
  run: async (context, parsed) => {
    const [source, target] = [parsed.arg(0), parsed.arg(1)];
    if (source === "") throw new Error("source can not be empty");
    if (target === "") throw new Error("destination can not be empty");
    const [from, to] = [sideOf(source), sideOf(target)];
    if (from.container !== "" && to.container !== "") throw new Error("copying between containers is not supported");
    if (from.container === "" && to.container === "") throw new Error("must specify at least one container source");
    const progress = new CopyProgress(context.stderr, parsed.bool("quiet"));
    const copy = { source: from.path, target: to.path, followLink: parsed.bool("follow-link") };
    try {
      if (from.container !== "") {
        const { copyFromContainer } = await import("./cp/from-container.ts");
        await copyFromContainer(context, { ...copy, container: from.container, keepOwner: parsed.bool("archive") }, progress);
      } else {
        const { copyToContainer } = await import("./cp/to-container.ts");
        await copyToContainer(context, { ...copy, container: to.container, copyOwner: parsed.bool("archive") }, progress);
      }
    } finally {
      await progress.clear();
    }
    return 0;
  },
};
