import { loadBusybox } from "../daemon/kit.ts";
import type { EngineApi } from "../harness/engine-api.ts";
import { berthCommand, type EngineOptions, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openSandbox, run, type RunResult, type Sandbox, until } from "../harness/sandbox.ts";

/** What these tests look at in an inspection. */
export interface Seen {
  readonly Id: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly Error: string;
    readonly Pid: number;
    readonly StartedAt: string;
    readonly Health?: {
      readonly Status: string;
      readonly FailingStreak: number;
      readonly Log: readonly { readonly ExitCode: number; readonly Output: string }[];
    };
  };
  readonly Berth?: { readonly NextStart?: { readonly At: string; readonly DelayMs: number } };
}

/** A sandbox whose daemon is ended and started again and again. */
export interface Lives extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly api: EngineApi;
  engine: RunningEngine;
  /** Starts another daemon on the same data; the last one must have ended. */
  begin(options?: EngineOptions): Promise<void>;
  /** kill -9 of the daemon. */
  kill(): Promise<void>;
  berth(...args: readonly string[]): Promise<RunResult>;
  seen(name: string): Promise<Seen>;
  untilSeen(name: string, what: string, holds: (seen: Seen) => boolean): Promise<Seen>;
  remove(...names: readonly string[]): Promise<void>;
}

/** Opens {@link Lives} with a first daemon and a busybox image. */
export async function openLives(name: string, options: EngineOptions = {}): Promise<Lives> {
  const sandbox = await openSandbox(name);
  const first = await startBerth(sandbox, options);
  await loadBusybox(first);
  const lives: Lives = {
    sandbox,
    engine: first,
    get api() {
      return lives.engine.api.at("v1.51");
    },
    begin: async (next = {}) => {
      lives.engine = await startBerth(sandbox, next);
    },
    kill: async () => {
      lives.engine.process.signal("SIGKILL");
      await lives.engine.process.exited;
    },
    berth: (...args) => run([berthCommand(), "-H", `unix://${lives.engine.socket}`, ...args], { timeoutMs: 120_000 }),
    seen: async (container) => {
      const answer = await lives.api.get(`/containers/${container}/json`);
      if (answer.status !== 200) throw new Error(`inspect ${container}: ${answer.status} ${answer.text}`);
      return answer.json<Seen>();
    },
    untilSeen: async (container, what, holds) => {
      let last = await lives.seen(container);
      await until(
        async () => {
          last = await lives.seen(container);
          return holds(last);
        },
        60_000,
        what,
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}: ${JSON.stringify([last.State, last.RestartCount, last.Berth])}`);
      });
      return last;
    },
    remove: async (...names) => {
      for (const container of names) {
        const answer = await lives.api.delete(`/containers/${container}?force=1&v=1`);
        if (answer.status !== 204) throw new Error(`rm ${container}: ${answer.status} ${answer.text}`);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await lives.engine.stop();
      await sandbox.close();
    },
  };
  return lives;
}
