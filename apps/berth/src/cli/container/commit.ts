import { commitContainer } from "@berth/client";
import { familiarName, parseReference } from "@berth/spec";
import type { Command } from "../command.ts";

/** `berth commit`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
  about:
    "Takes the files that the container has written or changed as one more layer, and its settings, changed by -c. Volumes and mounts are not part of it. A running container is frozen meanwhile.",
  flags: [
    { name: "author", short: "a", type: "string", help: "Who made it, e.g. 'Ann <ann@example.org>'" },
    { name: "change", short: "c", type: "list", help: "Dockerfile line for the image, e.g. 'CMD [\"sh\"]'" },
    { name: "message", short: "m", type: "string", help: "Comment that 'history' shows" },
    { name: "pause", short: "p", type: "bool", help: "Freeze the container meanwhile (it is, unless =false)" },
  ],
  examples: [
    { line: "berth commit web site:2", does: "Keep the container as it is now under a name" },
    { line: "berth commit -m 'with tools' -c 'CMD [\"sh\"]' web tools", does: "With a comment, and another command to start" },
    { line: "berth run --rm tools echo it works", does: "Use what has come out" },
  ],
  seeAlso: ["diff", "export", "history", "cp"],
  min: 1,
  max: 2,
  run: async (context, parsed) => {
    const name = parsed.args[1] === undefined ? null : parseReference(parsed.arg(1));
    if (name !== null && name.digest !== null) throw new Error("refusing to create a tag with a digest reference");
    const id = await commitContainer(context.engine, parsed.arg(0), {
      ...(name === null ? {} : { repo: familiarName(name), tag: name.tag ?? "latest" }),
      author: parsed.string("author"),
      comment: parsed.string("message"),
      changes: parsed.list("change"),
      pause: !parsed.has("pause") || parsed.bool("pause"),
    });
    await context.stdout.write(`${id}\n`);
    return 0;
  },
};
