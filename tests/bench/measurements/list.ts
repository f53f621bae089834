import type { Measurement } from "../measurement.ts";
import { burst } from "./burst.ts";
import { cli } from "./cli.ts";
import { daemonMemory } from "./daemon-memory.ts";
import { exec } from "./exec.ts";
import { idleMemory } from "./idle-memory.ts";
import { life } from "./life.ts";
import { logs } from "./logs.ts";
import { ps } from "./ps.ts";
import { run } from "./run.ts";
import { stats } from "./stats.ts";
import { upDown } from "./up-down.ts";

/** All measurements, in the order of the table. Those that need fresh engines leave theirs to the ones behind them: a crowd that stands is used again. */
export const measurements: readonly Measurement[] = [cli, run, life, exec, burst, logs, upDown, daemonMemory, idleMemory, stats, ps];
