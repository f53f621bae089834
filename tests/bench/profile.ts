/**
 * Where the time goes of a container's life and of an exec, step by step: the daemon's own named steps as it takes them, with
 * medians, in the order in which they begin, and the answers that the client gets between them. `ROUNDS` says how often each is
 * done (default 40), `PROFILE_NETWORK` in which network containers live (default `bridge`).
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { loadImage, startBerth, type RunningEngine } from "../harness/engines.ts";
import { openSandbox } from "../harness/sandbox.ts";
import { median } from "./kit/statistics.ts";
import { profileTable, type ProfiledStep, type Round } from "./profile-table.ts";

const rounds = Number(process.env["ROUNDS"] ?? "40");
const network = process.env["PROFILE_NETWORK"] ?? "bridge";
const warmUps = 3;
/** What is done off the critical path is seen too, if it begins within this time; then the next round finds a quiet daemon. */
const afterMs = 250;

/** One way through the engine; calls `mark` with what the client has just got. */
type Operation = (engine: RunningEngine, mark: (what: string) => void) => Promise<void>;

const operations: Readonly<Record<string, Operation>> = {
  "a container that runs `true`, with --rm, by API": async ({ api }, mark) => {
    const request = { Image: "busybox", Cmd: ["true"], HostConfig: { AutoRemove: true, NetworkMode: network } };
    const { Id } = (await api.post("/containers/create", request)).json<{ Id: string }>();
    mark("client: created");
    let answered = (): void => undefined;
    const waits = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const wait = api.request(`/containers/${Id}/wait?condition=removed`, { method: "POST", onHead: answered });
    await waits;
    mark("client: waits");
    await api.post(`/containers/${Id}/start`);
    mark("client: started");
    await wait;
    mark("client: is told that it was removed");
  },
  "exec of `true`, by API": async ({ api }, mark) => {
    const created = await api.post("/containers/idle/exec", { Cmd: ["true"], AttachStdout: true });
    mark("client: created");
    const stream = await api.hijack(`/exec/${created.json<{ Id: string }>().Id}/start`, { body: {} });
    mark("client: has its stream");
    await stream.rest();
    mark("client: stream has ended");
  },
};

/** Seconds of processor time that a process and those that it has waited for have taken (proc(5), fields 14 to 17 of stat). */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / 100;
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

async function profile(engine: RunningEngine, file: string, operation: Operation): Promise<{ taken: Round[]; processorMs: number }> {
  const taken: Round[] = [];
  let before = 0;
  for (let round = -warmUps; round < rounds; round++) {
    if (round === 0) before = processorSeconds(engine.process.pid);
    const beganMs = nowMs();
    const marks: { what: string; atMs: number }[] = [];
    await operation(engine, (what) => void marks.push({ what, atMs: nowMs() - beganMs }));
    await Bun.sleep(afterMs);
    if (round >= 0) taken.push({ beganMs, endedMs: nowMs(), marks });
  }
  const processorMs = ((processorSeconds(engine.process.pid) - before) * 1000) / rounds;
  const steps = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ProfiledStep);
  for (const each of taken) each.steps = steps.filter(({ atMs }) => atMs >= each.beganMs && atMs < each.endedMs);
  return { taken, processorMs };
}

const sandbox = await openSandbox("profile");
try {
  const file = path.join(sandbox.folder, "profile");
  const engine = await startBerth(sandbox, { env: { BERTH_TEST_PROFILE: file } });
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
  const idle = { Image: "busybox", Cmd: ["sleep", "86400"] };
  for (const answer of [await engine.api.post("/containers/create?name=idle", idle), await engine.api.post("/containers/idle/start")])
    if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
  for (const [name, operation] of Object.entries(operations)) {
    const { taken, processorMs } = await profile(engine, file, operation);
    const wholeMs = median(taken.map(({ marks }) => marks.at(-1)?.atMs ?? Number.NaN));
    console.log(`${name}: ${wholeMs.toFixed(1)} ms, median of ${taken.length}`);
    console.log(`(processor time of the daemon and what it has waited for: ${processorMs.toFixed(1)} ms each)\n`);
    console.log(`${profileTable(taken)}\n`);
  }
  await engine.stop();
} finally {
  await sandbox.close();
}
process.exit(0);
