import { tagImage } from "@berth/client";
import { familiarName, parseReference } from "@berth/spec";
import type { Command } from "../command.ts";

/** `berth tag`. */
export const command: Command = {
  usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
  about: "Costs no room: both names lead to the same image.",
  flags: [],
  examples: [
    { line: "berth tag busybox registry.example:5000/tools/busybox:1", does: "A name with a registry, to push it there" },
    { line: "berth images --format '{{.Repository}}:{{.Tag}} {{.ID}}'", does: "Both names, one image" },
  ],
  seeAlso: ["images", "rmi"],
  min: 2,
  max: 2,
  run: async (context, parsed) => {
    const target = parseReference(parsed.arg(1));
    if (target.digest !== null) throw new Error("refusing to create a tag with a digest reference");
    await tagImage(context.engine, parsed.arg(0), { repo: familiarName(target), tag: target.tag ?? "latest" });
    return 0;
  },
};
