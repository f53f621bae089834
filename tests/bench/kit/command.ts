import { stockCli } from "../engines/open.ts";
import type { Engine } from "../engines/engine.ts";

/** How long a command took. */
export interface CommandTimes {
  /** From its start to its end. */
  readonly ms: number;
  /** From its start to its first byte of output; as `ms` when it wrote nothing. */
  readonly firstOutputMs: number;
  readonly stdout: string;
}

/**
 * Runs a command to its end and takes the time.
 * @throws when its exit code is not 0, with what it wrote to stderr; after `limitMs` it is killed
 */
export async function timeCommand(command: readonly string[], limitMs = 120_000): Promise<CommandTimes> {
  const began = performance.now();
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: commandEnvironment(),
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  const stderr = new Response(child.stderr).text();
  let firstOutputMs = 0;
  const chunks: Uint8Array[] = [];
  for await (const chunk of child.stdout) {
    if (firstOutputMs === 0) firstOutputMs = performance.now() - began;
    chunks.push(chunk);
  }
  const code = await child.exited;
  const ms = performance.now() - began;
  if (code !== 0) {
    const why = child.signalCode === "SIGKILL" ? `no end within ${limitMs / 1000} s` : (await stderr).trim();
    throw new Error(`${command.join(" ")}: exit code ${code}: ${why}`);
  }
  return { ms, firstOutputMs: firstOutputMs || ms, stdout: Buffer.concat(chunks).toString() };
}

/** The stock docker CLI, talking to `engine`; how many milliseconds it took. */
export async function stockCommand(engine: Engine, ...args: readonly string[]): Promise<number> {
  return (await timeCommand([stockCli(), "-H", `unix://${engine.socket}`, ...args])).ms;
}

/** The flags that every `run` of the benchmark has: podman's daemon knows no parent of all cgroups. */
export function runFlags(engine: Engine): readonly string[] {
  return ["run", "--rm", "--cgroup-parent", engine.sandbox.cgroupParent];
}

/** The environment of commands, without the variables and settings that would lead a command line elsewhere. */
export function commandEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(DOCKER|BERTH|CONTAINER)_/.test(name));
  return { ...(Object.fromEntries(kept) as Record<string, string>), DOCKER_CONFIG: "/nonexistent", HOME: "/nonexistent" };
}
