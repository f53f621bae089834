import { dialEngine } from "@berth/client";
import type { Command } from "../command.ts";
import { startProgram } from "../context/start-program.ts";

/**
 * `berth system dial-stdio`: joins standard input and output with a connection to the engine. An `ssh://` address of Berth or Docker
 * runs it on the other machine.
 */
export const command: Command = {
  usage: "",
  flags: [],
  examples: [
    { line: "printf 'GET /_ping HTTP/1.0\\r\\n\\r\\n' | berth system dial-stdio", does: "Ask the engine by hand whether it is there" },
  ],
  about:
    "What is written to it goes to the engine as it is. An ssh:// address of Berth or docker starts it on the other machine; no engine has to listen on a port for that.",
  seeAlso: ["context create"],
  min: 0,
  max: 0,
  run: async ({ endpoint, stdout }) => {
    const channel = await dialEngine(endpoint.host, { tls: endpoint.tls, startProgram });
    async function send(): Promise<void> {
      for await (const bytes of Bun.stdin.stream()) await channel.write(bytes);
      channel.closeWrite();
    }
    // Only the engine's end is the end: what it still has to say after ours is passed on.
    send().catch(() => channel.close());
    for await (const bytes of channel.input) await stdout.write(bytes);
    channel.close();
    return 0;
  },
};
