import { fail, newId } from "@berth/base";
import type { OutputChunk } from "@berth/runtime";
import { emitContainerEvent } from "../containers/events.ts";
import type { ContainerRecord } from "../containers/record.ts";
import { rfc3339 } from "../containers/time.ts";
import type { Core } from "../core.ts";
import { commandLine } from "../execs/create.ts";
import { type LaunchedExec, launchExec } from "../execs/start.ts";
import { goDuration } from "./go-duration.ts";
import type { HealthPlan } from "./plan.ts";
import type { HealthResult } from "./state.ts";

const outputMaxBytes = 4096;
const endWaitMs = 10_000;
const unfinished = -1;

/**
 * Runs a container's check once, as an exec that events and inspect show. At its timeout, or when `signal` aborts, it is
 * killed with all that it has started. Never throws: what hinders a check is its result.
 */
export async function probe(
  core: Core,
  id: string,
  options: { readonly plan: HealthPlan; readonly signal: AbortSignal },
): Promise<HealthResult> {
  const start = rfc3339(core.clock.nowNs());
  const found = await attempt(core, id, options).catch((error: unknown) => ({
    exitCode: unfinished,
    output: error instanceof Error ? error.message : String(error),
  }));
  return { start, end: rfc3339(core.clock.nowNs()), ...found };
}

async function attempt(
  core: Core,
  containerId: string,
  { plan, signal }: { readonly plan: HealthPlan; readonly signal: AbortSignal },
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const record = core.records.need(containerId);
  const id = newId();
  // A check that a killed daemon leaves behind is ended by the next one.
  const request = { Cmd: [...plan.command], AttachStdout: true, AttachStderr: true, AttachedOnly: true };
  core.execs.add({ id, containerId: record.id, createdAt: rfc3339(core.clock.nowNs()), request, life: { status: "created" } });
  emitContainerEvent(core, record, `exec_create: ${commandLine(plan.command)}`, { execID: id });
  const launched = await core.health.start(() => {
    if (signal.aborted) throw fail("cancelled", "the health check was called off");
    return launchExec(core, id, { attached: true, consoleSize: null });
  });
  // The check's own time begins when its program runs: what a busy machine takes to start it does not count.
  const output = collect(launched.process.session.output);
  const outcome = await firstOf(core, { launched, timeoutMs: plan.timeoutMs, signal });
  if (outcome !== "ended") await killAll(core, record, launched);
  if (outcome === "timeout") {
    const said = output.text();
    return {
      exitCode: unfinished,
      output: `Health check exceeded timeout (${goDuration(plan.timeoutMs)})${said === "" ? "" : `: ${said}`}`,
    };
  }
  return { exitCode: outcome === "ended" ? await launched.ended : unfinished, output: output.text() };
}

function firstOf(
  core: Core,
  { launched, timeoutMs, signal }: { readonly launched: LaunchedExec; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<"ended" | "timeout" | "aborted"> {
  return new Promise((resolve) => {
    const settle = (outcome: "ended" | "timeout" | "aborted"): void => {
      cancel();
      signal.removeEventListener("abort", onAbort);
      resolve(outcome);
    };
    const onAbort = (): void => settle("aborted");
    const cancel = core.clock.after(timeoutMs, () => settle("timeout"));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) settle("aborted");
    void launched.ended.then(() => settle("ended"));
  });
}

/** Ends a check and what it has started, and waits for the end, so that dying ones do not pile up. */
async function killAll(core: Core, record: ContainerRecord, launched: LaunchedExec): Promise<void> {
  try {
    await core.steps.run("health.kill", () => launched.process.processes.kill());
  } catch (error) {
    core.log.warn("a health check does not end", { id: record.id, error });
  }
  launched.process.session.close();
  const late = Promise.withResolvers<void>();
  const cancel = core.clock.after(endWaitMs, () => late.resolve());
  await Promise.race([launched.ended, late.promise]);
  cancel();
}

/** The first 4,096 bytes of both streams; the rest is read and dropped. */
function collect(output: AsyncIterable<OutputChunk>): { readonly text: () => string } {
  const parts: Uint8Array[] = [];
  let kept = 0;
  let dropped = false;
  const reading = async (): Promise<void> => {
    for await (const { bytes } of output) {
      const room = outputMaxBytes - kept;
      if (bytes.length > room) dropped = true;
      if (room > 0) parts.push(bytes.slice(0, room));
      kept += Math.min(room, bytes.length);
    }
  };
  // The streams end with the program, whose exit code says how.
  reading().catch(() => undefined);
  return { text: () => `${Buffer.concat(parts).toString()}${dropped ? "..." : ""}` };
}
