import { fail } from "@berth/base";
import type { ExecKillAnswer } from "@berth/spec";
import { parseSignal } from "../containers/signals.ts";
import type { Core } from "../core.ts";
import type { ExecRecord } from "./table.ts";

const SIGKILL = 9;

/**
 * Sends a signal to every process of execs. KILL, which is meant when none is named, returns when they are gone.
 * @param reference an exec's id; or a container, for all execs that run in it; or the unique beginning of an exec's id
 * @throws not-found; conflict when nothing of it runs, or the container is paused; invalid for an unknown signal
 */
export async function killExecs(core: Core, reference: string, signal: string): Promise<ExecKillAnswer> {
  const number = signal === "" ? SIGKILL : parseSignal(signal);
  const execs = find(core, reference);
  const counts = await Promise.all(execs.map((exec) => killOne(core, exec, number)));
  const hit = execs.filter((_exec, index) => (counts[index] ?? 0) > 0);
  if (hit.length === 0) throw fail("conflict", `Cannot kill exec: ${reference}: no process of it runs`);
  return { Execs: hit.map((exec) => exec.id), Processes: counts.reduce((sum, count) => sum + count, 0) };
}

function find(core: Core, reference: string): ExecRecord[] {
  const exec = core.execs.get(reference);
  if (exec !== null) return [exec];
  const container = containerOf(core, reference);
  if (container !== null) {
    const execs = core.execs.all().filter(({ containerId, life }) => containerId === container && life.status === "running");
    if (execs.length === 0) throw fail("conflict", `Cannot kill exec: no exec runs in container ${reference}`);
    return execs;
  }
  const like = /^[0-9a-f]{1,64}$/.test(reference) ? core.execs.all().filter(({ id }) => id.startsWith(reference)) : [];
  if (like.length > 1) throw fail("invalid", `Multiple IDs found with provided prefix: ${reference}`);
  if (like.length === 0) throw fail("not-found", `No such exec instance or container: ${reference}`);
  return like;
}

function containerOf(core: Core, reference: string): string | null {
  try {
    return core.records.lookup(reference).id;
  } catch {
    return null;
  }
}

async function killOne(core: Core, exec: ExecRecord, signal: number): Promise<number> {
  const { life } = exec;
  if (core.records.get(exec.containerId)?.life.status === "paused") {
    throw fail("conflict", `Cannot kill exec: ${exec.id}: Container ${exec.containerId} is paused, unpause the container before`);
  }
  const processes = life.status === "running" ? life.process.processes : life.status === "ended" ? life.processes : null;
  if (processes === null) return 0;
  return core.steps.run("exec.signal", async () => {
    if (signal !== SIGKILL) return processes.signal(signal);
    const count = processes.processes().length;
    await processes.kill();
    return count;
  });
}
