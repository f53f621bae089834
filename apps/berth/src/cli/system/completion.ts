import { UsageError } from "../args/flag.ts";
import type { Command } from "../command.ts";
import { scripts } from "../completion/script.ts";

/** `berth completion`. */
export const command: Command = {
  usage: "bash|zsh|fish",
  about:
    "Writes a script for a shell. With it the tab key completes commands, flags, their values, and names: 'start' offers what is stopped, 'stop' what runs. Without an engine it still knows the commands.",
  flags: [],
  examples: [
    { line: "berth completion bash > berth.bash", does: "For bash; 'source berth.bash', or put it into /etc/bash_completion.d" },
    { line: "berth completion zsh > _berth", does: "For zsh; put it into a folder of $fpath" },
    { line: "berth completion fish > berth.fish", does: "For fish; put it into ~/.config/fish/completions" },
  ],
  local: true,
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const shell = parsed.arg(0);
    const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
    if (script === undefined) throw new UsageError(`there is no completion for ${JSON.stringify(shell)}: bash, zsh and fish are known`);
    await context.stdout.write(script);
    return 0;
  },
};
