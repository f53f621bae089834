import { readdirSync, readFileSync } from "node:fs";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { demultiplex, type EngineApi } from "../harness/engine-api.ts";
import { loadImage, type RunningEngine } from "../harness/engines.ts";
import { until } from "../harness/sandbox.ts";

/** What the tests of a daemon's life look at in an inspection. */
export interface Inspection {
  readonly Id: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Paused: boolean;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly Error: string;
    readonly StartedAt: string;
    readonly FinishedAt: string;
  };
  readonly HostConfig: { readonly CgroupParent: string };
}

/** Loads `busybox:latest`. */
export async function loadBusybox(engine: RunningEngine): Promise<void> {
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
}

/** Creates and starts a container. @returns its id */
export async function runContainer(
  api: EngineApi,
  options: {
    readonly name: string;
    readonly command: readonly string[];
    readonly host?: Readonly<Record<string, unknown>>;
    readonly config?: Readonly<Record<string, unknown>>;
  },
): Promise<string> {
  const created = await api.post(`/containers/create?name=${options.name}`, {
    Image: "busybox",
    Cmd: options.command,
    HostConfig: options.host ?? {},
    ...options.config,
  });
  if (created.status !== 201) throw new Error(`create ${options.name}: ${created.status} ${created.text}`);
  const { Id } = created.json<{ Id: string }>();
  const started = await api.post(`/containers/${Id}/start`);
  if (started.status !== 204) throw new Error(`start ${options.name}: ${started.status} ${started.text}`);
  return Id;
}

/** A container's inspection; throws when there is none. */
export async function inspect(api: EngineApi, reference: string): Promise<Inspection> {
  const answer = await api.get(`/containers/${reference}/json`);
  if (answer.status !== 200) throw new Error(`inspect ${reference}: ${answer.status} ${answer.text}`);
  return answer.json<Inspection>();
}

/** Its status, or `gone`. */
export async function statusOf(api: EngineApi, reference: string): Promise<string> {
  const answer = await api.get(`/containers/${reference}/json`);
  return answer.status === 404 ? "gone" : answer.json<Inspection>().State.Status;
}

/** Waits until a container has a status. */
export async function untilStatus(api: EngineApi, reference: string, status: string): Promise<void> {
  let last = "";
  await until(
    async () => {
      last = await statusOf(api, reference);
      return last === status;
    },
    20_000,
    `${reference} did not become ${status}`,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}: it is ${last}`);
  });
}

/** Lines of a container's log so far, standard output only. */
export async function logLines(api: EngineApi, reference: string): Promise<string[]> {
  const answer = await api.get(`/containers/${reference}/logs?stdout=1`);
  const text = demultiplex(answer.body)
    .map(([, piece]) => piece)
    .join("");
  return text.split("\n").filter((line) => line !== "");
}

/** Runs a command in a container; what it wrote. */
export async function exec(api: EngineApi, reference: string, command: readonly string[]): Promise<string> {
  const created = await api.post(`/containers/${reference}/exec`, { Cmd: command, AttachStdout: true, AttachStderr: true });
  if (created.status !== 201) throw new Error(`exec: ${created.status} ${created.text}`);
  const stream = await api.hijack(`/exec/${created.json<{ Id: string }>().Id}/start`, { body: {} });
  return demultiplex(await stream.rest())
    .map(([, piece]) => piece)
    .join("");
}

/** kill -9 of the daemon. */
export async function killDaemon(engine: RunningEngine): Promise<void> {
  engine.process.signal("SIGKILL");
  await engine.process.exited;
}

/**
 * Process ids, as seen from outside of the sandbox, of everything below this test whose command line holds all of `words`. What others on
 * the machine run is never meant: a sandbox's first process takes over whatever loses its parent in there.
 */
export function findProcesses(...words: string[]): number[] {
  const parents = new Map<number, number>();
  const candidates: number[] = [];
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const [state, parent] = readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
      parents.set(Number(name), Number(parent));
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
      if (state !== "Z" && words.every((word) => command.includes(word))) candidates.push(Number(name));
    } catch {
      // It has ended meanwhile.
    }
  }
  return candidates.filter((pid) => {
    let ancestor = parents.get(pid) ?? 0;
    while (ancestor > 1 && ancestor !== process.pid) ancestor = parents.get(ancestor) ?? 0;
    return ancestor === process.pid;
  });
}

/** The monitor of a container. */
export function monitorOf(id: string): number {
  const [pid] = findProcesses("conmon", `--cid ${id}`);
  if (pid === undefined) throw new Error(`no monitor of ${id}`);
  return pid;
}

/** Actions of events of one type since `sinceMs`, oldest first. */
export async function eventsSince(
  api: EngineApi,
  sinceMs: number,
  type: string,
): Promise<{ readonly Action: string; readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> } }[]> {
  const filters = encodeURIComponent(JSON.stringify({ type: [type] }));
  const answer = await api.get(`/events?since=${(sinceMs / 1000).toFixed(3)}&until=${(Date.now() / 1000).toFixed(3)}&filters=${filters}`);
  return answer.text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { Action: string; Actor: { ID: string; Attributes: Record<string, string> } });
}
