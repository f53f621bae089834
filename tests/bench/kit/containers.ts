import type { ApiAnswer } from "../../harness/engine-api.ts";
import type { Engine } from "../engines/engine.ts";
import { inParallel } from "./within.ts";

/** What a container of the benchmark is made of. */
export interface ContainerPlan {
  readonly name?: string;
  readonly command: readonly string[];
  readonly network: "bridge" | "none";
  readonly autoRemove?: boolean;
  /** More of the request's own fields. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** The answer, when its status is among `statuses`; otherwise throws what the engine says. */
export function expectStatus(answer: ApiAnswer, what: string, ...statuses: readonly number[]): ApiAnswer {
  if (!statuses.includes(answer.status)) throw new Error(`${what}: ${answer.status} ${answer.text.trim().slice(0, 500)}`);
  return answer;
}

/** Creates a container. @returns its id */
export async function createContainer(engine: Engine, plan: ContainerPlan): Promise<string> {
  const answer = await engine.api.post(`/containers/create${plan.name === undefined ? "" : `?name=${plan.name}`}`, {
    Image: "busybox",
    Cmd: plan.command,
    HostConfig: {
      NetworkMode: plan.network,
      CgroupParent: engine.sandbox.cgroupParent,
      ...(plan.autoRemove === true ? { AutoRemove: true } : {}),
    },
    ...plan.more,
  });
  return expectStatus(answer, `create ${plan.name ?? "a container"}`, 201).json<{ Id: string }>().Id;
}

/** Starts a created container. */
export async function startContainer(engine: Engine, id: string): Promise<void> {
  expectStatus(await engine.api.post(`/containers/${id}/start`), `start ${id}`, 204);
}

/** Ends and removes a container; one that is not there is fine. One that is just ending by itself may refuse (podman's do): it is asked again. */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
  const remove = (): Promise<ApiAnswer> => engine.api.delete(`/containers/${id}?force=1&v=1`);
  let answer = await remove();
  for (let attempt = 0; attempt < 20 && (answer.status === 500 || answer.status === 409); attempt++) {
    await Bun.sleep(100);
    answer = await remove();
  }
  expectStatus(answer, `remove ${id}`, 200, 204, 404);
}

/** A whole life: create, start, wait until it has been removed. */
export async function liveOnce(engine: Engine, network: "bridge" | "none"): Promise<void> {
  const id = await createContainer(engine, { command: ["true"], network, autoRemove: true });
  const ended = engine.api.post(`/containers/${id}/wait?condition=removed`);
  // A start that fails leaves the wait behind, which then fails as well.
  ended.catch(() => undefined);
  await startContainer(engine, id);
  const { StatusCode } = expectStatus(await ended, `wait for ${id}`, 200).json<{ StatusCode: number }>();
  if (StatusCode !== 0) throw new Error(`${id} ended with ${StatusCode}`);
}

/** A container `name` that sleeps; made when there is none yet. */
export async function ensureSleeper(engine: Engine, name: string, network: "bridge" | "none"): Promise<void> {
  if ((await engine.api.get(`/containers/${name}/json`)).status === 200) return;
  await startSleeper(engine, name, network);
}

/** Makes and starts a container that sleeps. */
export async function startSleeper(engine: Engine, name: string, network: "bridge" | "none"): Promise<void> {
  await startContainer(engine, await createContainer(engine, { name, command: ["sleep", "86400"], network }));
}

const atOnce = 8;

/** Starts containers that sleep, on the bridge, some at a time, until there are `number` of them; `say` is told how many there are. */
export async function growCrowd(engine: Engine, number: number, say: (text: string) => void): Promise<void> {
  const filter = encodeURIComponent(JSON.stringify({ name: ["crowd-"] }));
  const there = (await engine.api.get(`/containers/json?filters=${filter}`)).json<unknown[]>().length;
  const onDone = (done: number): void => say(`${engine.kind}: ${there + done} of ${number} containers run`);
  await inParallel(crowdNames(there, number), { atOnce, onDone }, (name) => startSleeper(engine, name, "bridge"));
}

/** The names of a crowd's members, from the `first` on. */
export function crowdNames(first: number, end: number): readonly string[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, at) => `crowd-${first + at}`);
}
