import type { Clock, Logger } from "@berth/base";
import type { Cgroups, CgroupSampler, Counters } from "@berth/linux";
import { type ContainerRecord, processOf } from "../containers/record.ts";
import { rfc3339 } from "../containers/time.ts";
import type { StatsSample } from "./frame.ts";

const periodMs = 1000;
/** How long the loop may hold the thread before others have their turn. */
const sliceMs = 5;
/** How long files stay open, and the last sample good for a comparison, after the last listener has left. */
const lingerMs = 5000;

/** Called after each round, and with `gone` when the container was removed. */
export type StatsListener = (news: "sampled" | "gone") => void;

/** What the loop works with. */
export interface StatsLoopOptions {
  readonly cgroups: Pick<Cgroups, "sampler">;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly log: Logger;
  readonly hostMemoryBytes: number;
  readonly recordOf: (id: string) => ContainerRecord | null;
  readonly cgroupOf: (record: ContainerRecord) => string;
}

/** One container that somebody looks at. */
interface Watched {
  readonly listeners: Set<StatsListener>;
  sampler: CgroupSampler | null;
  /** Which run of the container the files are of. */
  startedAt: string;
  latest: StatsSample | null;
  previous: StatsSample | null;
  linger: Timer | null;
}

/**
 * Reads what running containers use: once a second all that somebody listens to, one sample for all who do. Without
 * listeners nothing is read.
 */
export class StatsLoop {
  readonly #options: StatsLoopOptions;
  readonly #watched = new Map<string, Watched>();
  #timer: Timer | null = null;
  #round: Promise<void> | null = null;
  #system = { atMs: Number.NEGATIVE_INFINITY, usageNs: 0, online: 0 };

  constructor(options: StatsLoopOptions) {
    this.#options = options;
  }

  /** Listens to a container until the returned function is called. */
  listen(id: string, listener: StatsListener): () => void {
    const watched = this.#watch(id);
    watched.listeners.add(listener);
    if (this.#timer === null && this.#round === null) this.#schedule(periodMs);
    return () => {
      watched.listeners.delete(listener);
      if (this.#watched.get(id) === watched && watched.listeners.size === 0) this.#linger(id, watched);
    };
  }

  /** The last sample that is not older than `ageMs`, or a new one; null when the container does not run. */
  sample(id: string, ageMs: number): StatsSample | null {
    const watched = this.#watch(id);
    const { latest } = watched;
    const sample =
      latest !== null && performance.now() - latest.atMs <= ageMs && this.#isOf(id, watched) ? latest : this.#take(id, watched);
    if (watched.listeners.size === 0) this.#linger(id, watched);
    return sample;
  }

  /** The sample before the last one, if it is not older than `ageMs`. */
  before(id: string, ageMs: number): StatsSample | null {
    const previous = this.#watched.get(id)?.previous ?? null;
    return previous === null || performance.now() - previous.atMs > ageMs ? null : previous;
  }

  /** The container was removed: its streams end. */
  removed(id: string): void {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    this.#forget(id, watched);
    for (const listener of [...watched.listeners]) listener("gone");
  }

  /** Ends the loop; streams end. */
  close(): void {
    for (const id of [...this.#watched.keys()]) this.removed(id);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #watch(id: string): Watched {
    const known = this.#watched.get(id);
    if (known !== undefined) {
      if (known.linger !== null) clearTimeout(known.linger);
      known.linger = null;
      return known;
    }
    const watched: Watched = { listeners: new Set(), sampler: null, startedAt: "", latest: null, previous: null, linger: null };
    this.#watched.set(id, watched);
    return watched;
  }

  #linger(id: string, watched: Watched): void {
    if (watched.linger !== null) clearTimeout(watched.linger);
    watched.linger = setTimeout(() => this.#forget(id, watched), lingerMs);
    watched.linger.unref();
  }

  #forget(id: string, watched: Watched): void {
    if (watched.linger !== null) clearTimeout(watched.linger);
    watched.sampler?.close();
    watched.sampler = null;
    if (this.#watched.get(id) === watched) this.#watched.delete(id);
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const startMs = performance.now();
      this.#round = this.#sampleAll().finally(() => {
        this.#round = null;
        const someone = [...this.#watched.values()].some(({ listeners }) => listeners.size > 0);
        // From start to start: a long round does not make the next one late.
        if (someone) this.#schedule(Math.max(1, periodMs - (performance.now() - startMs)));
      });
    }, delayMs);
  }

  async #sampleAll(): Promise<void> {
    let sliceStart = performance.now();
    for (const [id, watched] of [...this.#watched]) {
      if (watched.listeners.size === 0 || this.#watched.get(id) !== watched) continue;
      this.#take(id, watched);
      for (const listener of [...watched.listeners]) listener("sampled");
      if (performance.now() - sliceStart < sliceMs) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
      sliceStart = performance.now();
    }
  }

  #isOf(id: string, watched: Watched): boolean {
    const record = this.#options.recordOf(id);
    return record !== null && processOf(record) !== null && record.startedAt === watched.startedAt;
  }

  #take(id: string, watched: Watched): StatsSample | null {
    const record = this.#options.recordOf(id);
    const process = record === null ? null : processOf(record);
    if (record === null || process === null || record.startedAt !== watched.startedAt) {
      watched.sampler?.close();
      watched.sampler = null;
      watched.latest = null;
      watched.previous = null;
      watched.startedAt = record?.startedAt ?? "";
    }
    if (record === null || process === null) return null;
    watched.sampler ??= this.#options.cgroups.sampler(this.#options.cgroupOf(record));
    const sample = this.#read(record, process.pid, watched.sampler);
    watched.previous = watched.latest ?? watched.previous;
    watched.latest = sample;
    return sample;
  }

  #read(record: ContainerRecord, pid: number, sampler: CgroupSampler): StatsSample | null {
    const { clock, counters, hostMemoryBytes, log } = this.#options;
    try {
      const cgroup = sampler.sample();
      if (cgroup === null) return null;
      return {
        read: rfc3339(clock.nowNs()),
        atMs: performance.now(),
        cgroup,
        system: this.#processors(),
        interfaces: ownInterfaces(record, () => counters.interfaces(pid)),
        hostMemoryBytes,
      };
    } catch (error) {
      log.warn("statistics of a container could not be read", { id: record.id, error });
      return null;
    }
  }

  /** Close to the container's own numbers, and not read again for each of many. */
  #processors(): { readonly usageNs: number; readonly online: number } {
    const nowMs = performance.now();
    if (nowMs - this.#system.atMs > sliceMs) this.#system = { atMs: nowMs, ...this.#options.counters.processors() };
    return this.#system;
  }
}

/** Docker shows the interfaces that it gave the container, so neither lo nor what a container without any has made itself. */
function ownInterfaces(record: ContainerRecord, read: () => StatsSample["interfaces"]): StatsSample["interfaces"] {
  if (/^(host|none)$/.test(record.hostConfig.NetworkMode)) return null;
  const found = [...(read() ?? [])].filter(([name]) => /^eth\d+$/.test(name));
  return found.length === 0 ? null : new Map(found.sort(([one], [other]) => (one < other ? -1 : 1)));
}
