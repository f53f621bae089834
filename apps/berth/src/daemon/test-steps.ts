import { appendFileSync } from "node:fs";
import { fail, plainSteps, type Steps } from "@berth/base";
import { profiledSteps } from "./step-profile.ts";

/** Where the daemon kills itself. */
interface CrashPoint {
  readonly step: string;
  readonly when: "before" | "after";
  /** At the how-manieth time, from 1. */
  readonly count: number;
}

/**
 * The steps of operations, observed for the crash test and the profile; without one of their variables they only run their effects.
 * - `BERTH_TEST_STEPS=<file>`: the name of each step is appended to the file, a line each, before it runs.
 * - `BERTH_TEST_CRASH=<step>:before|after[:n]`: the daemon sends itself SIGKILL before or after that step, at its n-th time.
 * - `BERTH_TEST_PROFILE=<file>`: when each step began and how long it took is appended to the file ({@link profiledSteps}).
 * @throws invalid when a variable cannot be read
 */
export function stepsFromEnvironment(environment: Readonly<Record<string, string | undefined>>): Steps {
  const profile = environment["BERTH_TEST_PROFILE"] ?? "";
  const steps = observedSteps(environment);
  return profile === "" ? steps : profiledSteps(profile, steps);
}

function observedSteps(environment: Readonly<Record<string, string | undefined>>): Steps {
  const file = environment["BERTH_TEST_STEPS"] ?? "";
  const crash = parseCrashPoint(environment["BERTH_TEST_CRASH"] ?? "");
  if (file === "" && crash === null) return plainSteps;
  const counts = new Map<string, number>();
  return {
    async run(name, effect) {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      if (file !== "") appendFileSync(file, `${name}\n`);
      const here = crash !== null && crash.step === name && crash.count === count;
      if (here && crash.when === "before") die();
      const result = await effect();
      if (here) die();
      return result;
    },
  };
}

function parseCrashPoint(text: string): CrashPoint | null {
  if (text === "") return null;
  const match = /^([^:]+):(before|after)(?::(\d{1,6}))?$/.exec(text);
  if (match === null) throw fail("invalid", `BERTH_TEST_CRASH is not of the form step:before|after[:n]: ${text}`);
  return { step: match[1] ?? "", when: match[2] === "after" ? "after" : "before", count: Number(match[3] ?? 1) };
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal is delivered before kill(2) returns to the only thread that runs this.
  throw fail("internal", "the daemon outlived its own SIGKILL");
}
