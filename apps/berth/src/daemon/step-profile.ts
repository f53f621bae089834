import { AsyncLocalStorage } from "node:async_hooks";
import { appendFileSync } from "node:fs";
import { plainSteps, type Steps } from "@berth/base";

/** One line of a profile: what a step was, when it began and how long it took. */
export interface ProfiledStep {
  readonly name: string;
  /** How many steps it is inside of. */
  readonly depth: number;
  /** When it began, in milliseconds since 1970 with their fractions: the same clock as its clients'. */
  readonly atMs: number;
  readonly tookMs: number;
}

const writeEveryMs = 100;

/**
 * Steps that write down when each began and how long it took, as lines of JSON ({@link ProfiledStep}) at the end of a file. They are
 * written in bundles, so that the writing is hardly part of what is measured.
 * @param inner what runs the effects
 */
export function profiledSteps(file: string, inner: Steps = plainSteps): Steps {
  const depths = new AsyncLocalStorage<number>();
  let lines: string[] = [];
  const write = (): void => {
    const text = lines.join("");
    lines = [];
    appendFileSync(file, text);
  };
  const note = (step: ProfiledStep): void => {
    if (lines.push(`${JSON.stringify(step)}\n`) === 1) setTimeout(write, writeEveryMs);
  };
  return {
    async run(name, effect) {
      const depth = depths.getStore() ?? 0;
      const began = performance.now();
      try {
        return await depths.run(depth + 1, () => inner.run(name, effect));
      } finally {
        note({ name, depth, atMs: performance.timeOrigin + began, tookMs: performance.now() - began });
      }
    },
  };
}
