import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import { type Engine, type EngineKind, engineNames } from "./engines/engine.ts";
import { openEngines, stockCli } from "./engines/open.ts";
import { measureFloor } from "./floor.ts";
import { reasonOf } from "./kit/interleave.ts";
import { timeCommand } from "./kit/command.ts";
import type { Progress } from "./kit/progress.ts";
import type { Measurement } from "./measurement.ts";
import { type BenchResult, resultRows } from "./report/result.ts";
import { Sheet } from "./report/sheet.ts";
import type { Sizes } from "./sizes.ts";

/** What to measure, with which engines and how much. */
export interface BenchPlan {
  readonly measurements: readonly Measurement[];
  readonly kinds: readonly EngineKind[];
  readonly sizes: Sizes;
  readonly progress: Progress;
  /** Ends the run early: what is under way is given up, everything is cleaned up, what was measured is in the result. */
  readonly signal: AbortSignal;
}

/** Runs measurements one after the other. What fails, fails with its reason in its row; the others go on. */
export async function runBench(plan: BenchPlan): Promise<BenchResult> {
  const { sizes, progress, signal } = plan;
  const began = Date.now();
  const start = os.loadavg();
  const sheet = new Sheet();
  const versions = new Map<EngineKind, string>();
  const missing = new Map<EngineKind, string | null>(plan.kinds.map((kind) => [kind, null]));
  let engines: readonly Engine[] = [];
  const stopped = new Promise<void>((resolve) => {
    const stop = (): void => {
      sheet.close(); // what is given up now has not failed
      resolve();
    };
    signal.addEventListener("abort", stop, { once: true });
  });

  const close = async (): Promise<void> => {
    const open = engines;
    engines = [];
    await Promise.all(open.map((engine) => engine.close()));
  };
  const reopen = async (): Promise<void> => {
    await close();
    const opened = await openEngines(plan.kinds);
    engines = opened.engines;
    for (const { kind, version } of engines) versions.set(kind, version);
    for (const { kind, reason } of opened.missing) missing.set(kind, `does not start: ${reason.replaceAll(/\s+/g, " ").slice(0, 300)}`);
  };
  const measure = async (measurement: Measurement): Promise<void> => {
    if (engines.length === 0 || measurement.fresh === true) await reopen();
    progress.begin(measurement.word, measurement.about);
    try {
      await measurement.measure({ engines, sizes, sheet, say: (text) => progress.step(text) });
    } catch (error) {
      for (const { key } of measurement.rows(sizes)) for (const { kind } of engines) sheet.fail(key, kind, reasonOf(error));
    }
    progress.end();
  };

  let floorMs: Readonly<Record<string, number>> = {};
  const all = async (): Promise<void> => {
    progress.begin("floor", "the stock CLI against a server that does nothing");
    floorMs = await measureFloor(sizes.rounds).catch(() => ({}));
    progress.end();
    for (const measurement of plan.measurements) if (!signal.aborted) await measure(measurement);
  };
  try {
    const running = all();
    // What is given up fails when its engines are gone.
    running.catch(() => undefined);
    await Promise.race([running, stopped]);
  } finally {
    await close();
  }
  const rows = resultRows(
    sheet,
    plan.measurements.flatMap((measurement) => measurement.rows(sizes).map((row) => ({ word: measurement.word, row }))),
    missing,
  );
  return {
    date: new Date(began).toISOString().slice(0, 16).replace("T", " "),
    machine: machine(),
    load: { start, end: os.loadavg() },
    tookSeconds: (Date.now() - began) / 1000,
    engines: plan.kinds.map((kind) => ({ kind, version: versions.get(kind) ?? `${engineNames[kind]}: not there` })),
    cli: (await timeCommand([stockCli(), "--version"]).catch(() => ({ stdout: "not there" }))).stdout.trim(),
    floorMs,
    rounds: sizes.rounds,
    rows: signal.aborted ? rows.filter(({ engines: figures }) => Object.values(figures).some(({ values }) => values.length > 0)) : rows,
  };
}

/** Processor, memory, kernel and cgroups in one line. */
function machine(): string {
  const model = os.cpus()[0]?.model.trim() ?? "?";
  const cgroups = existsSync("/sys/fs/cgroup/cgroup.controllers") ? "v2" : "v1";
  const debian = existsSync("/etc/debian_version") ? `Debian ${readFileSync("/etc/debian_version", "utf8").trim()}, ` : "";
  return `${os.cpus().length} x ${model}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${debian}Linux ${os.release()}, cgroup ${cgroups}`;
}
