import type { Cgroups, Counters } from "@berth/linux";
import type { Logger } from "@berth/base";
import { type ContainerRecord, isRunning } from "../containers/record.ts";

const periodMs = 500;
/** The machine's counter goes first and the container's a moment later: how often it is looked again after a change. */
const looksAfterChange = 2;

/** What the watch works with. */
export interface OomWatchOptions {
  readonly cgroups: Pick<Cgroups, "usage">;
  readonly counters: Pick<Counters, "oomKills">;
  readonly log: Logger;
  readonly recordOf: (id: string) => ContainerRecord | null;
  readonly cgroupOf: (record: ContainerRecord) => string;
  /** Memory of a container ran out. */
  readonly report: (record: ContainerRecord) => Promise<void>;
}

/** What is known of one run of a container. */
interface Known {
  kills: number;
  /** Without the kernel's killer its processes hang, which no counter tells. */
  readonly hangs: boolean;
  hanging: boolean;
}

/**
 * Tells of containers whose memory ran out. The kernel counts all such kills of the machine in one place: only when that
 * count has changed are the containers' own looked at, so a thousand of them cost no more than one. Nothing is read while
 * none runs.
 */
export class OomWatch {
  readonly #options: OomWatchOptions;
  readonly #running = new Map<string, Known>();
  #timer: Timer | null = null;
  #machineKills = 0;
  #looks = 0;

  constructor(options: OomWatchOptions) {
    this.#options = options;
  }

  /** A container runs, since just now or, when it was taken over, since earlier. */
  async started(record: ContainerRecord): Promise<void> {
    const known: Known = { kills: 0, hangs: record.hostConfig.OomKillDisable === true, hanging: false };
    this.#running.set(record.id, known);
    // What was told of before the daemon ended is not told again.
    if (record.oomKilled) known.kills = this.#usage(record).kills;
    if (this.#timer === null) {
      this.#machineKills = this.#options.counters.oomKills();
      this.#timer = setInterval(() => void this.look(), periodMs);
      this.#timer.unref();
    }
    if (!record.oomKilled) await this.#compare(record, known);
  }

  /** A container has ended: whether its memory ran out since the last look. */
  ended(record: ContainerRecord): boolean {
    const known = this.#running.get(record.id);
    this.#running.delete(record.id);
    if (this.#running.size === 0) this.close();
    // Asked twice when the first answer could not be written down.
    const told = known?.kills ?? (record.oomKilled ? Number.POSITIVE_INFINITY : 0);
    return this.#usage(record).kills > told;
  }

  /** Looks once, as the timer does. */
  async look(): Promise<void> {
    const kills = this.#options.counters.oomKills();
    if (kills !== this.#machineKills) this.#looks = 1 + looksAfterChange;
    this.#machineKills = kills;
    const all = this.#looks > 0;
    if (all) this.#looks--;
    for (const [id, known] of [...this.#running]) {
      if (!all && !known.hangs) continue;
      const record = this.#options.recordOf(id);
      if (record === null || !isRunning(record)) continue;
      await this.#compare(record, known);
    }
  }

  /** Ends the looks. */
  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #compare(record: ContainerRecord, known: Known): Promise<void> {
    const { kills, hanging } = this.#usage(record);
    const news = kills > known.kills || (hanging && !known.hanging);
    known.kills = Math.max(kills, known.kills);
    known.hanging = hanging;
    if (!news) return;
    try {
      await this.#options.report(record);
    } catch (error) {
      this.#options.log.error("that a container's memory ran out could not be noted", { id: record.id, error });
    }
  }

  #usage(record: ContainerRecord): { readonly kills: number; readonly hanging: boolean } {
    try {
      const { oomKills, underOom } = this.#options.cgroups.usage(this.#options.cgroupOf(record));
      return { kills: oomKills ?? 0, hanging: record.hostConfig.OomKillDisable === true && underOom === true };
    } catch {
      // The runtime may have removed the cgroup with the last process.
      return { kills: 0, hanging: false };
    }
  }
}
