import { fail } from "@berth/base";
import type { SshAddress } from "./address.ts";
import type { Channel } from "./channel.ts";
import { ByteQueue } from "./queue.ts";

/** The program ssh, joined by pipes. */
export type SshProcess = Bun.Subprocess<"pipe", "pipe", "pipe">;

/** Starts a program in a session of its own, so that ctrl-c reaches the container and not the connection. */
export type StartProgram = (words: string[]) => Promise<SshProcess>;

/** As much of what ssh complains about as a message shows. */
const longestComplaint = 2048;
/** How long a program that has closed its output may take to end and say why. */
const endTimeoutMs = 2000;

/**
 * Words for `ssh` that run `system dial-stdio` on the other machine, where Berth's or Docker's command line joins the
 * connection with its engine. A path in the address names the engine's socket there.
 */
export function sshCommand(address: SshAddress): string[] {
  const socket = address.path === "" ? "" : ` --host ${quote(`unix://${address.path}`)}`;
  const dial = `${socket} system dial-stdio`;
  const remote = `if command -v berth >/dev/null 2>&1; then exec berth${dial}; else exec docker${dial}; fi`;
  return [
    "ssh",
    "-T",
    "-o",
    "ConnectTimeout=30",
    ...(address.user === "" ? [] : ["-l", address.user]),
    ...(address.port === undefined ? [] : ["-p", String(address.port)]),
    "--",
    address.hostname,
    // The login shell of the other side may be any: what it has to read is two words and one quoted one.
    `sh -c ${quote(remote)}`,
  ];
}

/**
 * Opens a connection by ssh. The program ends when its input is closed, also when this process dies.
 * @throws unavailable when there is no program `ssh`
 */
export async function openSsh(address: SshAddress, startProgram: StartProgram | undefined): Promise<Channel> {
  const queue = new ByteQueue();
  const child = await start(address, startProgram);
  let readable = true;
  let ended = false;
  let complaint = "";
  let space: (() => void) | undefined;
  queue.onSpace = () => space?.();

  async function readOutput(): Promise<void> {
    for await (const bytes of child.stdout) {
      if (!queue.push(bytes)) continue;
      await new Promise<void>((resolve) => (space = resolve));
    }
  }
  async function readComplaints(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of child.stderr) {
      if (complaint.length < longestComplaint) complaint += decoder.decode(bytes, { stream: true });
    }
  }
  // An output that cannot be read has ended.
  const done = readOutput()
    .catch(() => undefined)
    .finally(() => {
      readable = false;
      queue.end();
    });
  const said = readComplaints().catch(() => undefined);

  return {
    input: queue,
    get open() {
      return readable && !ended && child.exitCode === null;
    },
    write: async (bytes) => {
      if (ended || child.exitCode !== null) return;
      try {
        await child.stdin.write(bytes);
        await child.stdin.flush();
      } catch {
        // The other side has gone; reading tells.
      }
    },
    closeWrite: () => {
      ended = true;
      void Promise.resolve(child.stdin.end()).catch(() => undefined);
    },
    close: () => {
      ended = true;
      queue.end();
      space?.();
      child.kill("SIGTERM");
    },
    reason: async () => {
      await Promise.race([Promise.all([done, said, child.exited]), Bun.sleep(endTimeoutMs)]);
      const words = complaint.slice(0, longestComplaint).trim().replace(/\s+/g, " ");
      if (words !== "") return words;
      return child.exitCode === null || child.exitCode === 0 ? undefined : `ssh ended with code ${child.exitCode}`;
    },
  };
}

async function start(address: SshAddress, startProgram: StartProgram | undefined): Promise<SshProcess> {
  if (startProgram === undefined) throw fail("not-implemented", `${address.text}: no programs can be started here`);
  try {
    return await startProgram(sshCommand(address));
  } catch (error) {
    throw fail("unavailable", `Cannot connect to the engine at ${address.text}: the program 'ssh' cannot be started`, error);
  }
}

/** One word for a shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
