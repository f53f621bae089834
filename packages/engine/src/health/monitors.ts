import { type Clock, Limiter, type Logger, messageOf } from "@berth/base";
import { type ContainerRecord, monotonicStartMs, processOf } from "../containers/record.ts";
import { healthPlan, type HealthPlan, pauseBeforeCheckMs } from "./plan.ts";
import type { HealthResult } from "./state.ts";

/** Checks that may be about to start at one time; once they run they cost nothing here. */
const startsAtATime = 4;
/** So much of a pause is added at random, so that containers started together are not checked together for ever. */
const jitter = 0.05;
const jitterMaxMs = 1000;

/** What a check is made of; by itself a monitor only knows when. */
export interface HealthWork {
  /** One check; ends soon after `signal` aborts. */
  probe(id: string, plan: HealthPlan, signal: AbortSignal): Promise<HealthResult>;
  /** Takes note of what it found, unless `signal` has aborted. */
  note(
    id: string,
    result: HealthResult,
    check: { readonly plan: HealthPlan; readonly beganMs: number; readonly signal: AbortSignal },
  ): Promise<void>;
  /** Whether the container has neither been healthy nor unhealthy since its start. */
  isStarting(id: string): boolean;
}

interface Watch {
  readonly plan: HealthPlan;
  readonly startedMs: number;
  readonly stop: AbortController;
  cancelTimer: () => void;
  probing: Promise<unknown> | null;
}

/** Checks every running container that has a check, each at its own pace: one timer a container, and few starts at a time. */
export class HealthMonitors {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #work: HealthWork;
  readonly #random: () => number;
  readonly #starts = new Limiter(startsAtATime);
  readonly #watches = new Map<string, Watch>();
  #closed = false;

  constructor(options: { readonly clock: Clock; readonly log: Logger; readonly work: HealthWork; readonly random?: () => number }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#work = options.work;
    this.#random = options.random ?? Math.random;
  }

  /**
   * Begins to check a container that runs, the first time after one interval. One that is `resumed` by a new daemon is
   * checked at some moment within it, so that a thousand are not checked at once.
   */
  watch(record: ContainerRecord, options: { readonly resumed?: boolean } = {}): void {
    const plan = healthPlan(record.config);
    const process = processOf(record);
    if (plan === null || process === null || record.life.status !== "running" || this.#closed || this.#watches.has(record.id)) return;
    const watch: Watch = {
      plan,
      startedMs: monotonicStartMs(process),
      stop: new AbortController(),
      cancelTimer: () => undefined,
      probing: null,
    };
    this.#watches.set(record.id, watch);
    this.#plan(record.id, watch, options.resumed === true ? this.#random() : 1);
  }

  /** Ends the checks of a container; one that is under way is killed, and has ended when this resolves. Its result is not noted. */
  async unwatch(id: string): Promise<void> {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    this.#watches.delete(id);
    watch.cancelTimer();
    watch.stop.abort();
    await watch.probing;
  }

  /** Ends all checks, for the daemon's end. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#watches.keys()]) void this.unwatch(id);
  }

  #plan(id: string, watch: Watch, part: number): void {
    const sinceStartMs = this.#clock.monotonicMs() - watch.startedMs;
    const pauseMs = pauseBeforeCheckMs(watch.plan, { sinceStartMs, starting: this.#work.isStarting(id) });
    const extraMs = this.#random() * Math.min(pauseMs * jitter, jitterMaxMs);
    watch.cancelTimer = this.#clock.after(pauseMs * part + extraMs, () => void this.#check(id, watch));
  }

  async #check(id: string, watch: Watch): Promise<void> {
    const { plan, stop } = watch;
    const beganMs = this.#clock.monotonicMs();
    try {
      const probing = this.#probe(id, watch);
      watch.probing = probing.catch(() => undefined);
      const result = await probing;
      watch.probing = null;
      if (result !== null && !stop.signal.aborted) await this.#work.note(id, result, { plan, beganMs, signal: stop.signal });
    } catch (error) {
      this.#log.warn("a health check was not noted", { id, error: messageOf(error) });
    }
    if (!stop.signal.aborted) this.#plan(id, watch, 1);
  }

  async #probe(id: string, { plan, stop }: Watch): Promise<HealthResult | null> {
    return stop.signal.aborted ? null : this.#work.probe(id, plan, stop.signal);
  }

  /** Waits for a place among those that start. */
  start<T>(task: () => Promise<T>): Promise<T> {
    return this.#starts.run(task);
  }
}
