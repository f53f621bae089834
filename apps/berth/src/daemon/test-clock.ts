import { readFileSync } from "node:fs";
import { type Clock, systemClock } from "@berth/base";

/**
 * The clock of the daemon. `BERTH_TEST_CLOCK=<file>` adds the milliseconds that the file holds at each reading, so that a
 * test can set the daemon's clock without the machine's; without the variable it is the machine's.
 */
export function clockFromEnvironment(environment: Readonly<Record<string, string | undefined>>): Clock {
  const clock = systemClock();
  const file = environment["BERTH_TEST_CLOCK"] ?? "";
  if (file === "") return clock;
  const offsetMs = (): number => {
    try {
      return Math.trunc(Number(readFileSync(file, "utf8"))) || 0;
    } catch {
      return 0;
    }
  };
  return { ...clock, nowMs: () => clock.nowMs() + offsetMs(), nowNs: () => clock.nowNs() + BigInt(offsetMs()) * 1_000_000n };
}
