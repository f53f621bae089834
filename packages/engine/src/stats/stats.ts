import { sleep } from "@berth/base";
import type { StatsFrame } from "@berth/spec";
import type { Core } from "../core.ts";
import { emptyFrame, frameOf, type StatsSample } from "./frame.ts";

/** A sample of the last second is good enough for whoever begins to listen. */
const freshMs = 1000;
/** Two samples that lie so far apart tell how much of the processors is used. */
const [shortestMs, longestMs] = [200, 5000];
/** How long the second sample is waited for where nobody has looked before. */
const secondSampleMs = 500;

/**
 * What a container uses now; zeros when it does not run. With `oneShot` without a sample to compare with, else with one:
 * where somebody has looked a moment ago the answer comes at once. Throws not-found.
 */
export async function statsOfContainer(core: Core, reference: string, options: { readonly oneShot: boolean }): Promise<StatsFrame> {
  const { id, name } = core.records.lookup(reference);
  const show = (sample: StatsSample | null, previous: StatsSample | null): StatsFrame =>
    sample === null ? emptyFrame(id, name) : frameOf({ id, name }, sample, previous);
  if (options.oneShot) return show(core.stats.sample(id, 0), null);
  const first = core.stats.sample(id, shortestMs);
  if (first === null) return show(null, null);
  const before = core.stats.before(id, longestMs);
  if (before !== null && first.atMs - before.atMs >= shortestMs) return show(first, before);
  await sleep(secondSampleMs);
  return show(core.stats.sample(id, 0), first);
}

/**
 * What a container uses, once a second from now on, zeros while it does not run, until it is removed or `signal` aborts. A
 * client that reads slowly misses frames, and never gets old ones. Throws not-found at once.
 */
export function watchStatsOfContainer(core: Core, reference: string, signal: AbortSignal): AsyncIterable<StatsFrame> {
  const { id } = core.records.lookup(reference);
  return frames(core, id, signal);
}

async function* frames(core: Core, id: string, signal: AbortSignal): AsyncGenerator<StatsFrame> {
  let news = Promise.withResolvers<void>();
  let gone = false;
  const wake = (): void => news.resolve();
  const stop = core.stats.listen(id, (what) => {
    gone ||= what === "gone";
    wake();
  });
  signal.addEventListener("abort", wake);
  try {
    let previous: StatsSample | null = null;
    for (let first = true; !gone && !signal.aborted; first = false) {
      const record = core.records.get(id);
      if (record === null) return;
      const sample = core.stats.sample(id, freshMs);
      if (first) previous = core.stats.before(id, longestMs);
      yield sample === null ? emptyFrame(id, record.name) : frameOf(record, sample, previous);
      previous = sample;
      await news.promise;
      news = Promise.withResolvers<void>();
    }
  } finally {
    stop();
    signal.removeEventListener("abort", wake);
  }
}
