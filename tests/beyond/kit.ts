import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { berthCommand, loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openPty, type PtyProgram } from "../harness/pty.ts";
import { openSandbox, run, type RunOptions, type RunResult, type Sandbox } from "../harness/sandbox.ts";

/** A daemon in a sandbox with the image `busybox`, and `berth` as a user calls it. */
export interface Desk extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly engine: RunningEngine;
  /** Runs a command to its end; its input and output are pipes. */
  berth(...words: readonly string[]): Promise<RunResult>;
  berthWith(options: RunOptions, ...words: readonly string[]): Promise<RunResult>;
  /** As {@link berth}, and throws when it does not end with 0; what it wrote. */
  must(...words: readonly string[]): Promise<string>;
  /** Runs a command on a terminal. */
  open(...words: readonly string[]): PtyProgram;
}

export async function openDesk(name: string): Promise<Desk> {
  const sandbox = await openSandbox(name);
  const engine = await startBerth(sandbox);
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
  const line = (words: readonly string[]): string[] => [berthCommand(), "-H", `unix://${engine.socket}`, ...words];
  const berth = (...words: readonly string[]): Promise<RunResult> => run(line(words), { timeoutMs: 120_000 });
  return {
    sandbox,
    engine,
    berth,
    berthWith: (options, ...words) => run(line(words), options),
    must: async (...words) => {
      const { code, stdout, stderr } = await berth(...words);
      if (code !== 0) throw new Error(`berth ${words.join(" ")}: ${code}\n${stdout}${stderr}`);
      return stdout;
    },
    open: (...words) => openPty(line(words)),
    [Symbol.asyncDispose]: () => sandbox.close(),
  };
}
