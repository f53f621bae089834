import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { demultiplex, EngineApi } from "../harness/engine-api.ts";
import { loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openSandbox, type Sandbox, until } from "../harness/sandbox.ts";

/**
 * 500 clients at once, each with work of its own: whole lives with start, exec and logs; containers that never start; one container that many share; lists; events.
 * Each looks at every answer.
 */
const counts = { lives: 50, papers: 150, sharers: 150, readers: 100, watchers: 50 };

let sandbox: Sandbox;
let engine: RunningEngine;
let api: EngineApi;
let imageId: string;

beforeAll(async () => {
  sandbox = await openSandbox("mix");
  engine = await startBerth(sandbox);
  api = new PatientApi(engine.socket, "v1.51");
  const image = buildBusyboxImage("busybox:latest");
  imageId = image.id;
  await loadImage(engine, image.archive);
}, 60_000);
afterAll(async () => {
  await engine?.stop();
  await sandbox?.close();
}, 60_000);

/** Waits as long as a busy machine needs. */
class PatientApi extends EngineApi {
  override request(path: string, options: Parameters<EngineApi["request"]>[1] = {}): ReturnType<EngineApi["request"]> {
    return super.request(path, { timeoutMs: 280_000, ...options });
  }
}

function openFiles(): number {
  return readdirSync(`/proc/${engine.process.pid}/fd`).length;
}

async function status(method: string, path: string, body?: unknown): Promise<number> {
  return (await api.request(path, { method, body })).status;
}

/** Runs a command in a container; what it wrote, and its exit code. */
async function exec(container: string, script: string): Promise<{ frames: [number, string][]; code: number }> {
  const made = await api.post(`/containers/${container}/exec`, { Cmd: ["sh", "-c", script], AttachStdout: true, AttachStderr: true });
  expect(made.status).toBe(201);
  const { Id: id } = made.json<{ Id: string }>();
  const ran = await api.post(`/exec/${id}/start`, { Detach: false });
  expect(ran.status).toBe(200);
  const inspect = (await api.get(`/exec/${id}/json`)).json<{ ID: string; Running: boolean; ExitCode: number; ContainerID: string }>();
  expect(inspect).toMatchObject({ ID: id, Running: false });
  return { frames: demultiplex(ran.body), code: inspect.ExitCode };
}

/** A life with a process in it. */
async function live(index: number): Promise<void> {
  const name = `life-${index}`;
  const created = await api.post(`/containers/create?name=${name}`, {
    Image: "busybox",
    Cmd: ["sh", "-c", `echo hello ${index}; echo error ${index} >&2; exec sleep 1000`],
    Labels: { life: String(index) },
    HostConfig: { NetworkMode: "none" },
  });
  expect(created.status).toBe(201);
  const { Id: id } = created.json<{ Id: string }>();
  expect(await status("POST", `/containers/${id}/start`)).toBe(204);
  expect(await status("POST", `/containers/${id}/start`)).toBe(304);
  expect((await api.get(`/containers/${name}/json`)).json<object>()).toMatchObject({ Id: id, State: { Status: "running", ExitCode: 0 } });
  await until(
    async () => {
      const frames = demultiplex((await api.get(`/containers/${id}/logs?stdout=1&stderr=1`)).body);
      const text = frames.toSorted(([one], [other]) => one - other);
      return Bun.deepEquals(text, [
        [1, `hello ${index}\n`],
        [2, `error ${index}\n`],
      ]);
    },
    120_000,
    `${name}: its log is not what it wrote`,
  );
  expect(await exec(id, `echo ${index}; exit ${index % 100}`)).toEqual({ frames: [[1, `${index}\n`]], code: index % 100 });
  const waited = api.post(`/containers/${id}/wait?condition=not-running`);
  expect(await status("DELETE", `/containers/${id}`)).toBe(409);
  expect(await status("POST", `/containers/${id}/stop?t=0`)).toBe(204);
  expect((await waited).json<object>()).toMatchObject({ StatusCode: 137 });
  expect(await status("POST", `/containers/${id}/stop?t=0`)).toBe(304);
  expect(await status("DELETE", `/containers/${id}`)).toBe(204);
  expect(await status("GET", `/containers/${id}/json`)).toBe(404);
}

/** A container that only stands in the database. */
async function paper(index: number): Promise<void> {
  const name = `paper-${index}`;
  const labels = { paper: String(index) };
  const created = await api.post(`/containers/create?name=${name}`, { Image: "busybox", Labels: labels, Env: [`ME=${index}`] });
  expect(created.status).toBe(201);
  const { Id: id } = created.json<{ Id: string }>();
  expect(await status("POST", `/containers/create?name=${name}`, { Image: "busybox" })).toBe(409);
  const filters = encodeURIComponent(JSON.stringify({ label: [`paper=${index}`] }));
  expect((await api.get(`/containers/json?all=1&filters=${filters}`)).json<object[]>()).toMatchObject([{ Id: id, Names: [`/${name}`] }]);
  expect(await status("POST", `/containers/${id}/rename?name=${name}-new`)).toBe(204);
  expect(await status("GET", `/containers/${name}/json`)).toBe(404);
  const inspect = (await api.get(`/containers/${name}-new/json`)).json<{ Id: string; Config: { Env: string[] } }>();
  expect([inspect.Id, inspect.Config.Env]).toEqual([id, expect.arrayContaining([`ME=${index}`])]);
  expect(await status("DELETE", `/containers/${name}-new`)).toBe(204);
}

/** One of many on the same running container. */
async function share(index: number, id: string): Promise<void> {
  const [ran, inspect, logs, top] = await Promise.all([
    exec("shared", `echo mine ${index}; echo not ${index} >&2; exit 3`),
    api.get("/containers/shared/json"),
    api.get("/containers/shared/logs?stdout=1&tail=1"),
    api.get("/containers/shared/top?ps_args=-o%20pid,args"),
  ]);
  expect(ran.code).toBe(3);
  expect(ran.frames.toSorted(([one], [other]) => one - other)).toEqual([
    [1, `mine ${index}\n`],
    [2, `not ${index}\n`],
  ]);
  expect(inspect.json<object>()).toMatchObject({ Id: id, State: { Running: true } });
  expect(demultiplex(logs.body)).toEqual([[1, "shared\n"]]);
  expect(top.json<{ Processes: string[][] }>().Processes.flat()).toContain("sleep 1234");
}

async function read(index: number, id: string): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ name: ["^/shared$"], status: ["running"] }));
  expect((await api.get(`/containers/json?filters=${filters}`)).json<object[]>()).toMatchObject([{ Id: id, State: "running" }]);
  expect((await api.get("/images/busybox/json")).json<object>()).toMatchObject({ Id: imageId });
  expect((await api.get(`/containers/nobody-${index}/json`)).json<object>()).toEqual({ message: `No such container: nobody-${index}` });
  expect((await api.get("/info")).json<{ ContainersRunning: number }>().ContainersRunning).toBeGreaterThan(0);
  expect((await api.at("v1.41").get("/version")).json<object>()).toMatchObject({ ApiVersion: "1.51" });
}

interface Watcher {
  /** The actions so far, of containers whose names begin so. */
  readonly actions: (names?: RegExp) => string[];
  close(): Promise<void>;
}

/** Listens to events; resolves when the engine has answered. */
async function watch(filters: object): Promise<Watcher> {
  const abort = new AbortController();
  let text = "";
  const answer = api.request(`/events?filters=${encodeURIComponent(JSON.stringify(filters))}`, {
    signal: abort.signal,
    onChunk: (chunk) => {
      text += chunk.toString("utf8");
    },
  });
  return {
    actions: (names = /^/) =>
      text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as { Action: string; Actor: { Attributes: { name: string } } })
        .filter(({ Actor }) => names.test(Actor.Attributes.name))
        .map(({ Action }) => Action.replace(/: .*/, "")),
    close: async () => {
      abort.abort();
      await answer;
    },
  };
}

/** Stopped without patience it is asked by SIGTERM, which it does not hear, and killed. */
const lifeOfEvents = ["create", "start", "exec_create", "exec_start", "exec_die", "kill", "kill", "die", "stop", "destroy"];

test("500 clients at once, each with work of its own, get their own right answers, and no event is lost", async () => {
  const created = await api.post("/containers/create?name=shared", { Image: "busybox", Cmd: ["sh", "-c", "echo shared; exec sleep 1234"] });
  const { Id: id } = created.json<{ Id: string }>();
  expect(await status("POST", `/containers/${id}/start`)).toBe(204);
  await until(
    async () => (await api.get("/containers/shared/logs?stdout=1")).text.includes("shared"),
    30_000,
    "the shared container wrote nothing",
  );
  const before = openFiles();

  const all = await watch({ type: ["container"], event: ["create", "destroy"] });
  const watchers = await Promise.all(Array.from({ length: counts.watchers }, (_, index) => watch({ label: [`life=${index}`] })));
  // A container of its own shows that the last of them listens: the engine takes requests in their order.
  await until(
    async () => {
      await api.delete(`/containers/${(await api.post("/containers/create", { Image: "busybox" })).json<{ Id: string }>().Id}`);
      return all.actions().includes("destroy");
    },
    60_000,
    "nobody listens",
  );
  const work = [
    ...Array.from({ length: counts.lives }, (_, index) => live(index)),
    ...Array.from({ length: counts.papers }, (_, index) => paper(index)),
    ...Array.from({ length: counts.sharers }, (_, index) => share(index, id)),
    ...Array.from({ length: counts.readers }, (_, index) => read(index, id)),
  ];
  expect(work.length + watchers.length).toBe(500);
  await Promise.all(work);

  const containers = counts.lives + counts.papers;
  const ofWork = /^(life|paper)-/;
  await until(() => all.actions(ofWork).length >= 2 * containers, 60_000, "events are missing");
  const told = all.actions(ofWork).toSorted();
  expect(told).toEqual([...Array<string>(containers).fill("create"), ...Array<string>(containers).fill("destroy")]);
  await until(
    () => watchers.every(({ actions }) => actions().includes("destroy")),
    60_000,
    "a watcher did not see the end of its container",
  );
  for (const watcher of watchers) expect(watcher.actions()).toEqual(lifeOfEvents);
  await Promise.all([all, ...watchers].map((watcher) => watcher.close()));

  await until(() => openFiles() <= before, 60_000, `files that stay open: ${openFiles()} instead of ${before}`);
  expect(await status("DELETE", "/containers/shared?force=1")).toBe(204);
  expect((await api.get("/containers/json?all=1")).json<unknown[]>()).toEqual([]);
}, 300_000);

test("a crowd on one container is served in its order, and holds up nobody on another", async () => {
  const container = {
    Image: "busybox",
    Cmd: ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"],
    HostConfig: { NetworkMode: "none" },
  };
  for (const name of ["crowded", "lonely"]) {
    expect(await status("POST", `/containers/create?name=${name}`, container)).toBe(201);
    expect(await status("POST", `/containers/${name}/start`)).toBe(204);
    await until(async () => (await api.get(`/containers/${name}/logs?stdout=1`)).text.includes("ready"), 30_000, `${name} is not ready`);
  }
  const order: string[] = [];
  const queue = (name: string, call: Promise<number>): Promise<number> =>
    call.then((code) => {
      order.push(name);
      return code;
    });
  // It does not listen to SIGTERM: this takes as long as it is given.
  const stopping = queue("stop", status("POST", "/containers/crowded/stop?t=600"));
  expect(await exec("lonely", "echo served")).toEqual({ frames: [[1, "served\n"]], code: 0 });
  for (const verb of ["pause", "unpause", "kill"]) expect(await status("POST", `/containers/lonely/${verb}`)).toBe(204);
  // Neither does a stop that waits hold up the container itself.
  expect(await status("POST", "/containers/crowded/rename?name=crowded-again")).toBe(204);
  expect(await exec("crowded-again", "echo served")).toEqual({ frames: [[1, "served\n"]], code: 0 });
  expect(order).toEqual([]);
  expect(await status("POST", "/containers/crowded-again/kill")).toBe(204);
  expect(await stopping).toBe(204);

  const { Id: id } = (await api.get("/containers/crowded-again/json")).json<{ Id: string }>();
  order.length = 0;
  const starting = queue("start", status("POST", `/containers/${id}/start`));
  const crowd = Array.from({ length: 300 }, (_, index) =>
    queue(String(index), status("POST", `/containers/${id}/rename?name=crowd-${index}`)),
  );
  expect(await starting).toBe(204);
  expect(new Set(await Promise.all(crowd))).toEqual(new Set([204]));
  const places = order.filter((name) => name !== "start").map((name, place) => Math.abs(Number(name) - place));
  // The kernel may hand neighbours to the engine in another order than they were sent in; nobody is passed by many.
  expect(Math.max(...places)).toBeLessThan(50);
  expect((await api.get(`/containers/${id}/json`)).json<object>()).toMatchObject({
    Name: `/crowd-${order.findLast((name) => name !== "start")}`,
  });
  for (const { Id } of (await api.get("/containers/json?all=1")).json<{ Id: string }[]>()) {
    expect(await status("DELETE", `/containers/${Id}?force=1`)).toBe(204);
  }
}, 300_000);
