import { writeFileSync } from "node:fs";
import { messageOf } from "@berth/base";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { loadImage, startBerth, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, type Sandbox } from "../harness/sandbox.ts";
import type { Fault } from "./faults.ts";
import { KeptContainers } from "./kept.ts";
import { lives } from "./lives.ts";
import { Random } from "./random.ts";

const atOnce = 8;
const diskMegabytes = 256;
const startPatienceMs = 30_000;
/** The words of a client that waited for nothing: that is a failure whatever happened meanwhile. */
const hung = /no answer in time/;

/** How many lives are led, and how often something bad happens meanwhile. */
export interface Act {
  readonly number: number;
  /** A fault each time that so many lives have begun; null for none. */
  readonly livesPerFault: number | null;
  /** What is drawn from. */
  readonly faults: readonly (readonly [string, Fault])[];
}

/** A daemon on a small disk of its own, the lives that are led with it and the faults that befall it. */
export class Stage {
  readonly sandbox: Sandbox;
  engine: RunningEngine;
  readonly kept: KeptContainers;
  /** What went wrong that no fault explains. */
  readonly failures: string[] = [];
  /** How often each fault happened. */
  readonly happened: Map<string, number> = new Map();
  /** What lives said that a fault came in between of, with how often; to be read by people. */
  readonly explained: Map<string, number> = new Map();
  count = 0;
  readonly #seed: number;
  readonly #lives: Random;
  readonly #clockFile: string;
  /** Names of what lives have left that failed. */
  readonly #left = new Set<string>();
  /** Odd while a fault lasts. */
  #epoch = 0;
  #ready: Promise<void> = Promise.resolve();

  private constructor(options: { readonly sandbox: Sandbox; readonly engine: RunningEngine; readonly seed: number }) {
    this.sandbox = options.sandbox;
    this.engine = options.engine;
    this.#seed = options.seed;
    this.#lives = new Random(options.seed);
    this.kept = new KeptContainers(new Random(options.seed + 1));
    this.#clockFile = clockFileOf(options.sandbox);
  }

  static async open(seed: number): Promise<Stage> {
    const sandbox = await openSandbox("soak");
    const folder = `${sandbox.folder}/berth`;
    const made = await sandbox.run([
      "sh",
      "-ec",
      `mkdir -p ${folder}/data; truncate -s ${diskMegabytes}M ${folder}.img; mkfs.ext4 -q -m 0 -F ${folder}.img; mount -o loop ${folder}.img ${folder}/data; rmdir ${folder}/data/lost+found`,
    ]);
    if (made.code !== 0) throw new Error(`no disk: ${made.stderr}`);
    writeFileSync(clockFileOf(sandbox), "0");
    const engine = await startDaemon(sandbox);
    await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
    return new Stage({ sandbox, engine, seed });
  }

  /** The engine with paths as they are reached from outside: its disk is mounted inside the sandbox only. */
  get seenFromOutside(): RunningEngine {
    return { ...this.engine, dataRoot: `/proc/${this.sandbox.pid}/root${this.engine.dataRoot}` };
  }

  /** Leads lives, some at a time, while faults happen. */
  async play(act: Act): Promise<void> {
    let begun = 0;
    // One fault at a time.
    const lasting = new Set<Promise<void>>();
    const kinds = Object.entries(lives);
    const lane = async (): Promise<void> => {
      while (begun < act.number) {
        begun++;
        if (act.livesPerFault !== null && begun % act.livesPerFault === 0 && lasting.size === 0) {
          const fault: Promise<void> = this.#misfortune(act).finally(() => lasting.delete(fault));
          lasting.add(fault);
        }
        await this.#ready;
        const [what, life] = this.#lives.pick(kinds);
        await this.#lead(what, life);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
    await Promise.all(lasting);
  }

  /** Removes everything; what cannot be removed is a failure. */
  async clear(): Promise<void> {
    this.kept.clear();
    const left = (await this.engine.api.get("/containers/json?all=1")).json<{ Id: string }[]>();
    await Promise.all(
      left.map(async ({ Id }) => {
        const answer = await this.engine.api.delete(`/containers/${Id}?force=1&v=1`);
        // One that removes itself may be faster.
        const gone = answer.status === 204 || answer.status === 404 || /removal of container \w+ is already in progress/.test(answer.text);
        if (!gone) this.failures.push(`remove ${Id}: ${answer.status} ${answer.text}`);
      }),
    );
  }

  async #lead(what: string, life: (typeof lives)[string]): Promise<void> {
    const name = `life-${this.count++}`;
    const epoch = this.#epoch;
    const { api } = this.engine;
    try {
      await life(api, name);
    } catch (error) {
      const words = `a life that ${what}: ${messageOf(error)}`;
      const undisturbed = epoch === this.#epoch && epoch % 2 === 0;
      if (undisturbed || hung.test(words)) this.failures.push(`${name}, ${words}`);
      this.#explain(words);
      this.#left.add(name).add(`${name}-later`);
      await this.#removeLeft();
    }
  }

  /** What lives that failed have left is in nobody's way, but would fill the disk. */
  async #removeLeft(): Promise<void> {
    for (const name of [...this.#left]) {
      try {
        const answer = await this.engine.api.delete(`/containers/${name}?force=1&v=1`);
        if (answer.status === 204 || answer.status === 404) this.#left.delete(name);
        else this.#explain(`removed: ${answer.text}`);
      } catch {
        // No daemon now; later.
      }
    }
  }

  #explain(words: string): void {
    const short = words.replaceAll(/[0-9a-f]{12,64}|\d+/g, "N").slice(0, 200);
    this.explained.set(short, (this.explained.get(short) ?? 0) + 1);
  }

  /** One fault, then a look at what is kept. */
  async #misfortune(act: Act): Promise<void> {
    // Numbers of its own for each: how many one takes depends on what it meets.
    const number = [...this.happened.values()].reduce((sum, each) => sum + each, 0);
    const random = new Random(this.#seed + 2 + number);
    const [name, fault] = random.pick(act.faults);
    this.happened.set(name, (this.happened.get(name) ?? 0) + 1);
    this.#epoch++;
    try {
      await fault({
        sandbox: this.sandbox,
        engine: () => this.engine,
        random,
        kept: this.kept,
        clockFile: this.#clockFile,
        restart: (meanwhile) => this.#restart(random.below(80), meanwhile),
      });
    } catch (error) {
      this.failures.push(`${name} at life ${this.count}: ${messageOf(error)}`);
    } finally {
      this.#epoch++;
    }
    try {
      await this.#removeLeft();
      const wrong = await this.kept.wrong(this.engine.api);
      this.failures.push(...wrong.map((words) => `after ${name} at life ${this.count}: ${words}`));
      await this.kept.renew(this.engine.api);
    } catch (error) {
      this.failures.push(`after ${name} at life ${this.count}: ${messageOf(error)}`);
    }
  }

  #restart(delayMs: number, meanwhile: () => Promise<void>): Promise<void> {
    const again = async (): Promise<void> => {
      // Into the middle of what the others do.
      await Bun.sleep(delayMs);
      this.engine.process.signal("SIGKILL");
      await this.engine.process.exited;
      await meanwhile();
      // With a full disk it may refuse to start; whoever looks after it tries again.
      for (const end = Date.now() + startPatienceMs; ; await Bun.sleep(100)) {
        try {
          this.engine = await startDaemon(this.sandbox);
          return;
        } catch (error) {
          if (Date.now() > end) throw error;
        }
      }
    };
    const done = again();
    this.#ready = done.catch(() => undefined);
    return done;
  }
}

function clockFileOf(sandbox: Sandbox): string {
  return `${sandbox.folder}/clock`;
}

function startDaemon(sandbox: Sandbox): Promise<RunningEngine> {
  return startBerth(sandbox, { env: { BERTH_TEST_CLOCK: clockFileOf(sandbox) } });
}
