// A daemon that is killed at a named step of a start: its runtime does the steps, and dies before or after one of them.
import { readFileSync } from "node:fs";
import { silentLogger, systemClock } from "@berth/base";
import { openBlocking, openCgroups, openKernel } from "@berth/linux";
import { openRuntime } from "../open-runtime.ts";
import type { CreateOptions } from "../ports.ts";

const [execRoot = "", monitorCgroup = "", optionsFile = "", step = "", when = ""] = process.argv.slice(2);
const options = JSON.parse(readFileSync(optionsFile, "utf8")) as CreateOptions;
const kernel = openKernel();
const blocking = openBlocking();
const log = silentLogger();
const die = (): void => {
  process.kill(process.pid, "SIGKILL");
};
const runtime = await openRuntime({
  ...{ execRoot, kernel, blocking, log, monitorCgroup, clock: systemClock() },
  cgroups: openCgroups({ kernel, blocking, log }),
  steps: {
    run: async (name, effect) => {
      if (name === step && when === "before") die();
      const result = await effect();
      if (name === step && when === "after") die();
      return result;
    },
  },
});
await runtime.create(options);
await runtime.start(options.id);
