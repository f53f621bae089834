import { kindOf } from "@berth/base";
import { removeImage } from "@berth/client";
import type { Command } from "../command.ts";

/** `berth rmi`. With `--force` an image that is not there is told but no failure. */
export const command: Command = {
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  about:
    "Takes a name away, and the image with its last name. Layers that other images use stay. An image that a container is made of is refused; with -f it goes all the same, if that container does not run.",
  flags: [
    { name: "force", short: "f", type: "bool", help: "Even if it has several names or a container was made of it" },
    { name: "no-prune", type: "bool", help: "Keep nameless images that it was made from" },
    { name: "platform", type: "list", help: "Of an image for several platforms, only this one", hidden: true },
  ],
  examples: [
    { line: "berth rmi tools:1", does: "Delete a name; with its last name goes the image" },
    { line: "berth rmi busybox", does: "An image in use is refused", code: 1 },
    { line: "berth rmi $(berth images -q --filter dangling=true)", does: "Delete the images that have no name any more" },
  ],
  seeAlso: ["images", "rm", "tag"],
  min: 1,
  run: async (context, parsed) => {
    const options = { force: parsed.bool("force"), noPrune: parsed.bool("no-prune") };
    let code = 0;
    // One after the other: two names may belong to one image.
    for (const name of parsed.args) {
      try {
        const items = await removeImage(context.engine, name, options);
        const lines = items.map((item) =>
          item.Deleted === undefined ? `Untagged: ${item.Untagged ?? ""}\n` : `Deleted: ${item.Deleted}\n`,
        );
        await context.stdout.write(lines.join(""));
      } catch (error) {
        if (!options.force || kindOf(error) !== "not-found") code = 1;
        const { reportOne } = await import("../report.ts");
        await reportOne(error, context.stderr);
      }
    }
    return code;
  },
};
