import { UsageError } from "../args/flag.ts";
import type { Command } from "../command.ts";
import { aliasText, shells } from "./aliases/list.ts";

/** `berth aliases`. */
export const command: Command = {
  usage: "[OPTIONS] [bash|zsh|fish]",
  about:
    "Prints functions for a shell to read: dps shows what runs, dlogs follows logs, dsh goes into a container, and so on; each takes what its berth command takes. Without a name they are for your login shell.",
  flags: [{ name: "prefix", type: "string", help: "What each begins with", fallback: "d" }],
  examples: [
    { line: "berth aliases bash", does: "What there is" },
    { line: `bash -c 'eval "$(berth aliases bash)"; dps --quiet'`, does: "Take them over, as in ~/.bashrc, and use one" },
    { line: "berth aliases --prefix b zsh | grep bps", does: "With another letter before them" },
  ],
  seeAlso: ["ps", "logs", "enter", "top"],
  min: 0,
  max: 1,
  local: true,
  run: async (context, parsed) => {
    const asked = parsed.args[0] ?? (process.env["SHELL"] ?? "").split("/").at(-1);
    const shell = shells.find((each) => each === asked);
    if (shell === undefined) {
      const known = `name one of ${shells.join(", ")}`;
      throw new UsageError(
        asked === undefined || asked === "" ? `your shell is not known: ${known}` : `there are no aliases for ${asked}: ${known}`,
      );
    }
    const prefix = parsed.string("prefix");
    if (!/^[a-zA-Z_][a-zA-Z0-9_-]*$/.test(prefix))
      throw new UsageError("--prefix has to begin with a letter and go on with letters, digits, - and _");
    await context.stdout.write(aliasText(shell, prefix));
    return 0;
  },
};
