import { expect } from "bun:test";
import { lookAround, type World } from "../crash/world.ts";
import { buildBusyboxImage, type BusyboxImage } from "./busybox-image.ts";
import type { ApiAnswer, EngineApi } from "./engine-api.ts";
import { berthCommand, dockerCliPath, type EngineOptions, loadImage, type RunningEngine, startBerth } from "./engines.ts";
import { openSandbox, run, type RunOptions, type RunResult, type Sandbox, until } from "./sandbox.ts";

/** A sandbox with one Berth daemon, a busybox image and a picture of the world before anything happened. */
export interface Scene extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly engine: RunningEngine;
  readonly api: EngineApi;
  readonly image: BusyboxImage;
  readonly baseline: World;
  /** Runs `berth` against the daemon. */
  berth(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs the stock docker CLI against the daemon. */
  docker(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Loads an archive and gives what the daemon says, whether it was refused or not. */
  load(archive: Uint8Array): Promise<string>;
  /** Sees to it that the daemon answers, that no container is left and that the world is as it was. */
  unchanged(): Promise<void>;
  /** Removes every container, and every image but busybox. */
  clear(): Promise<void>;
}

/** Opens a {@link Scene}. */
export async function openScene(name: string, options: EngineOptions = {}): Promise<Scene> {
  const sandbox = await openSandbox(name);
  try {
    const engine = await startBerth(sandbox, options);
    const image = buildBusyboxImage("busybox:latest");
    await loadImage(engine, image.archive);
    const baseline = await lookAround(sandbox, engine);
    return makeScene({ sandbox, engine, image, baseline });
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

function makeScene(parts: Pick<Scene, "sandbox" | "engine" | "image" | "baseline">): Scene {
  const { sandbox, engine, image, baseline } = parts;
  const { api } = engine;
  const cli = (program: string, args: readonly string[], options?: RunOptions): Promise<RunResult> =>
    run([program, "-H", `unix://${engine.socket}`, ...args], options);
  return {
    ...parts,
    api,
    berth: (args, options) => cli(berthCommand(), args, options),
    docker: (args, options) => {
      const program = dockerCliPath();
      if (program === null) throw new Error("the docker CLI is not installed");
      return cli(program, args, options);
    },
    load: async (archive) => {
      const answer = await api.request("/images/load", { method: "POST", raw: archive, headers: { "Content-Type": "application/x-tar" } });
      return wordsOf(answer);
    },
    unchanged: async () => {
      const containers = await api.get("/containers/json?all=1");
      expect([containers.status, containers.json<{ Names: string[] }[]>().map(({ Names }) => Names)]).toEqual([200, []]);
      let world = await lookAround(sandbox, engine);
      // What is taken down off the critical path may need a moment.
      for (let attempt = 0; attempt < 50 && !Bun.deepEquals(world, baseline); attempt++) {
        await Bun.sleep(100);
        world = await lookAround(sandbox, engine);
      }
      expect(world).toEqual(baseline);
    },
    clear: async () => {
      for (const { Id } of (await api.get("/containers/json?all=1")).json<{ Id: string }[]>()) {
        expect((await api.delete(`/containers/${Id}?force=1&v=1`)).status).toBe(204);
      }
      for (const { Id } of (await api.get("/images/json?all=1")).json<{ Id: string }[]>()) {
        if (Id !== image.id) expect((await api.delete(`/images/${Id}?force=1`)).status).toBe(200);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await engine.stop();
      await sandbox.close();
    },
  };
}

/** The words of an answer: an error's message, a stream's error, or the last thing a stream says. */
export function wordsOf(answer: ApiAnswer): string {
  const lines = answer.text.trim().split("\n");
  const last = JSON.parse(lines.at(-1) ?? "{}") as { message?: string; error?: string; stream?: string; status?: string };
  return (last.message ?? last.error ?? last.stream ?? last.status ?? answer.text).trimEnd();
}

/** Status and message of an answer that refuses. */
export function refusal(answer: ApiAnswer): [number, string] {
  return [answer.status, answer.text === "" ? "" : wordsOf(answer)];
}

/** Waits for a container to end; its exit code. */
export async function exitCodeOf(api: EngineApi, name: string): Promise<number> {
  const answer = await api.post(`/containers/${name}/wait`);
  return answer.json<{ StatusCode: number }>().StatusCode;
}

export { until };
