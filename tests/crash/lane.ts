import { existsSync, readFileSync, rmSync } from "node:fs";
import { expect } from "bun:test";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { loadImage, startBerth, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, until, type Sandbox } from "../harness/sandbox.ts";
import { live, type Journal } from "./scenario.ts";
import { type Meanwhile, removeAll, verify } from "./verify.ts";
import { lookAround, type World } from "./world.ts";

const first = buildBusyboxImage("busybox:latest");
const second = buildBusyboxImage("second:latest", { Labels: { second: "yes" }, Volumes: { "/anonymous": {} } });

/** How a daemon dies, and what happens before the one that has to put everything right. */
export interface Crash {
  /** `step:before`, `step:after:2`, … (see apps/berth/src/daemon/test-steps.ts). */
  readonly at?: string;
  /** SIGKILL from outside, so long after its start. */
  readonly afterMs?: number;
  /** SIGKILL from outside when this operation has been answered. */
  readonly afterOperation?: string;
  readonly meanwhile?: Meanwhile;
  /** The next daemon dies too, in its recovery, at this step; then another one is started. */
  readonly again?: string;
}

/** What came of it. */
export interface Outcome {
  /** What is wrong with what was acknowledged. */
  readonly wrong: readonly string[];
  readonly journal: Journal;
  /** Whether the daemon died at all; a step that was not reached lets it live. */
  readonly died: boolean;
  /** Whether the next one died as well, as it should. */
  readonly diedAgain: boolean;
  /** The steps of the recovery, in order. */
  readonly recovery: readonly string[];
}

/** One sandbox in which daemons die, and the world as it was before any did. */
export class Lane implements AsyncDisposable {
  #sandbox: Sandbox;
  #baseline: World;

  private constructor(sandbox: Sandbox, baseline: World) {
    this.#sandbox = sandbox;
    this.#baseline = baseline;
  }

  static async open(): Promise<Lane> {
    const { sandbox, baseline } = await prepare();
    return new Lane(sandbox, baseline);
  }

  /** The names of all steps of a life without a crash, each as often as it occurs. */
  async enumerate(): Promise<string[]> {
    const file = `${this.#sandbox.folder}/steps`;
    const engine = await startBerth(this.#sandbox, { env: { BERTH_TEST_STEPS: file } });
    rmSync(file, { force: true });
    const journal = await live(engine.api, second.archive);
    expect(journal.inFlight).toBeNull();
    const steps = readSteps(file);
    expect(await removeAll(engine.api)).toEqual([]);
    await this.#settle(engine);
    await engine.stop();
    return steps;
  }

  /** Lives with a daemon that dies, starts the next, and looks at everything. Throws when the world is not as it was. */
  async crash(crash: Crash): Promise<Outcome> {
    const dying = await startBerth(this.#sandbox, { env: crash.at === undefined ? {} : { BERTH_TEST_CRASH: crash.at } });
    let died = false;
    void dying.process.exited.then(() => {
      died = true;
    });
    const timer = crash.afterMs === undefined ? null : setTimeout(() => killQuietly(dying), crash.afterMs);
    const journal = await live(dying.api, second.archive, crash.afterOperation ?? null);
    if (crash.afterOperation !== undefined) killQuietly(dying);
    const patienceMs = journal.inFlight === null && crash.at !== undefined ? 10_000 : (crash.afterMs ?? 0) + 5000;
    await until(() => died, patienceMs, "the daemon did not die").catch(() => undefined);
    if (timer !== null) clearTimeout(timer);
    if (!died) {
      expect(await removeAll(dying.api)).toEqual([]);
      await dying.stop();
      return { wrong: [], journal, died, diedAgain: false, recovery: [] };
    }
    await this.#meanwhile(crash.meanwhile ?? "nothing");
    const diedAgain = crash.again !== undefined && (await this.#diesInRecovery(crash.again));
    const stepsFile = `${this.#sandbox.folder}/recovery`;
    rmSync(stepsFile, { force: true });
    const engine = await startBerth(this.#sandbox, { env: { BERTH_TEST_STEPS: stepsFile } });
    const recovery = readSteps(stepsFile);
    const wrong = [...(await verify(engine.api, journal, crash.meanwhile)), ...(await removeAll(engine.api))];
    await this.#settle(engine);
    await engine.stop();
    return { wrong, journal, died, diedAgain, recovery };
  }

  /** A fresh sandbox after a failure, so that one failure does not count for all that comes after it. */
  async renew(): Promise<void> {
    await this.#sandbox.close();
    const { sandbox, baseline } = await prepare();
    this.#sandbox = sandbox;
    this.#baseline = baseline;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#sandbox.close();
  }

  /** Starts a daemon that kills itself on the way to its first answer, or soon after; whether it did. */
  async #diesInRecovery(at: string): Promise<boolean> {
    try {
      const engine = await startBerth(this.#sandbox, { env: { BERTH_TEST_CRASH: at } });
      let died = false;
      void engine.process.exited.then(() => {
        died = true;
      });
      await until(() => died, 1000, "alive").catch(() => killQuietly(engine));
      await engine.process.exited;
      return died;
    } catch (error) {
      if (error instanceof Error && error.message.includes("ended at its start")) return true;
      throw error;
    }
  }

  async #meanwhile(what: Meanwhile): Promise<void> {
    if (what === "nothing") return;
    const pattern = what === "monitors killed" ? "[c]onmon --api" : "^(sleep 600|sh -c while)";
    await this.#sandbox.run(["pkill", "-KILL", "-f", pattern]);
    const left = async (): Promise<boolean> => (await this.#sandbox.run(["pgrep", "-f", "[c]onmon --api"])).code !== 0;
    await until(left, 5000, "monitors outlive their containers");
  }

  /** Waits until the world is as it was: what is taken down off the critical path may need a moment. */
  async #settle(engine: RunningEngine): Promise<void> {
    let world = await lookAround(this.#sandbox, engine);
    for (let attempt = 0; attempt < 200 && !Bun.deepEquals(world, this.#baseline); attempt++) {
      await Bun.sleep(100);
      world = await lookAround(this.#sandbox, engine);
    }
    expect(world).toEqual(this.#baseline);
  }
}

async function prepare(): Promise<{ readonly sandbox: Sandbox; readonly baseline: World }> {
  const sandbox = await openSandbox("crash");
  const engine = await startBerth(sandbox);
  await loadImage(engine, first.archive);
  const baseline = await lookAround(sandbox, engine);
  await engine.stop();
  return { sandbox, baseline };
}

function readSteps(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

function killQuietly(engine: RunningEngine): void {
  try {
    engine.process.signal("SIGKILL");
  } catch {
    // It has ended already.
  }
}
