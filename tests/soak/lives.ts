import { demultiplex, type ApiAnswer, type EngineApi } from "../harness/engine-api.ts";
import { until } from "../harness/sandbox.ts";

/** One short life of a container over the API; throws when the engine answers anything unexpected. */
export type Life = (api: EngineApi, name: string) => Promise<void>;

async function call(answer: Promise<ApiAnswer>, status: number, what: string): Promise<ApiAnswer> {
  const got = await answer;
  if (got.status !== status) throw new Error(`${what}: ${got.status} ${got.text}`);
  return got;
}

async function create(api: EngineApi, name: string, request: Readonly<Record<string, unknown>>): Promise<string> {
  const answer = await call(api.post(`/containers/create?name=${name}`, { Image: "busybox", ...request }), 201, "create");
  return answer.json<{ Id: string }>().Id;
}

function start(api: EngineApi, name: string): Promise<ApiAnswer> {
  return call(api.post(`/containers/${name}/start`), 204, "start");
}

function remove(api: EngineApi, name: string, query = ""): Promise<ApiAnswer> {
  return call(api.delete(`/containers/${name}?v=1${query}`), 204, "remove");
}

async function exitCode(api: EngineApi, name: string, wanted: number): Promise<void> {
  const answer = await call(api.post(`/containers/${name}/wait`), 200, "wait");
  const { StatusCode } = answer.json<{ StatusCode: number }>();
  if (StatusCode !== wanted) throw new Error(`${name} ended with ${StatusCode}`);
}

async function exec(
  api: EngineApi,
  name: string,
  options: { readonly command: readonly string[]; readonly tty: boolean },
): Promise<string> {
  const { command, tty } = options;
  const request = { Cmd: command, AttachStdout: true, AttachStderr: true, Tty: tty };
  const created = await call(api.post(`/containers/${name}/exec`, request), 201, "exec");
  const stream = await api.hijack(`/exec/${created.json<{ Id: string }>().Id}/start`, { body: { Tty: tty } });
  const bytes = await stream.rest(30_000);
  return tty ? bytes.toString() : text(bytes);
}

function text(bytes: Buffer): string {
  return demultiplex(bytes)
    .map(([, piece]) => piece)
    .join("");
}

function same(got: string, wanted: string): void {
  if (got !== wanted) throw new Error(`${JSON.stringify(got)} is not ${JSON.stringify(wanted)}`);
}

const sleeping = { Cmd: ["sleep", "600"] };

/** The lives that are led in turn: together they use every part of the engine. */
export const lives: Readonly<Record<string, Life>> = {
  async "runs and removes itself"(api, name) {
    const id = await create(api, name, { Cmd: ["true"], HostConfig: { AutoRemove: true }, Volumes: { "/v": {} } });
    const gone = call(api.post(`/containers/${id}/wait?condition=removed`), 200, "wait");
    gone.catch(() => undefined);
    await start(api, id);
    await gone;
  },
  async "echoes its input"(api, name) {
    await create(api, name, { Cmd: ["cat"], OpenStdin: true, StdinOnce: true });
    const stream = await api.hijack(`/containers/${name}/attach?stream=1&stdin=1&stdout=1`);
    await start(api, name);
    stream.write("through\n");
    stream.end();
    same(text(await stream.rest(30_000)), "through\n");
    await exitCode(api, name, 0);
    await remove(api, name);
  },
  async "is entered and stopped"(api, name) {
    await create(api, name, sleeping);
    await start(api, name);
    same(await exec(api, name, { command: ["echo", "in"], tty: false }), "in\n");
    await call(api.get(`/containers/${name}/top`), 200, "top");
    same(await exec(api, name, { command: ["sh", "-c", "exit 3"], tty: false }), "");
    await call(api.post(`/containers/${name}/stop?t=0`), 204, "stop");
    await remove(api, name);
  },
  async "is followed"(api, name) {
    await create(api, name, { Cmd: ["sh", "-c", "seq 1 50; sleep 0.1; seq 51 100"], Volumes: { "/v": {} } });
    await start(api, name);
    const log = await call(api.get(`/containers/${name}/logs?stdout=1&follow=1`), 200, "logs");
    same(text(log.body), Array.from({ length: 100 }, (_, index) => `${index + 1}\n`).join(""));
    await exitCode(api, name, 0);
    await remove(api, name);
  },
  async "publishes a port and is restarted"(api, name) {
    await create(api, name, { ...sleeping, HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "" }] } } });
    await start(api, name);
    await call(api.post(`/containers/${name}/restart?t=0`), 204, "restart");
    await call(api.post(`/containers/${name}/kill?signal=KILL`), 204, "kill");
    await exitCode(api, name, 137);
    await remove(api, name);
  },
  async "has a terminal"(api, name) {
    await create(api, name, { Cmd: ["sh"], Tty: true, OpenStdin: true });
    const stream = await api.hijack(`/containers/${name}/attach?stream=1&stdin=1&stdout=1`);
    await start(api, name);
    await call(api.post(`/containers/${name}/resize?h=40&w=90`), 200, "resize");
    stream.write("echo a$((1+1))b\n");
    await stream.waitFor("a2b", 30_000);
    same(await exec(api, name, { command: ["echo", "in"], tty: true }), "in\r\n");
    stream.close();
    await remove(api, name, "&force=1");
  },
  async "is paused and renamed"(api, name) {
    const id = await create(api, name, { ...sleeping, HostConfig: { IpcMode: "shareable" } });
    await start(api, id);
    await call(api.post(`/containers/${id}/pause`), 204, "pause");
    await call(api.post(`/containers/${id}/rename?name=${name}-later`), 204, "rename");
    await call(api.post(`/containers/${id}/unpause`), 204, "unpause");
    await call(api.get(`/containers/${name}-later/json?size=1`), 200, "inspect");
    await remove(api, id, "&force=1");
  },
  async "cannot start"(api, name) {
    await create(api, name, { Cmd: ["/no/such/program"], HostConfig: { Tmpfs: { "/t": "" } } });
    const refused = await api.post(`/containers/${name}/start`);
    if (refused.status !== 400) throw new Error(`start: ${refused.status} ${refused.text}`);
    await remove(api, name);
  },
  async "is kept up by its policy"(api, name) {
    const RestartPolicy = { Name: "on-failure", MaximumRetryCount: 2 };
    await create(api, name, { Cmd: ["sh", "-c", "echo run; exit 4"], HostConfig: { RestartPolicy } });
    await start(api, name);
    const runs = async (): Promise<number> => {
      const answer = await call(api.get(`/containers/${name}/json`), 200, "inspect");
      const { RestartCount, State } = answer.json<{ RestartCount: number; State: { Status: string } }>();
      return State.Status === "exited" ? RestartCount : -1;
    };
    await until(async () => (await runs()) === 2, 30_000, "it is not started again twice");
    const log = await call(api.get(`/containers/${name}/logs?stdout=1`), 200, "logs");
    same(text(log.body), "run\nrun\nrun\n");
    await remove(api, name);
  },
  async "has clients that vanish"(api, name) {
    await create(api, name, { Cmd: ["sh", "-c", "while :; do echo line; sleep 0.01; done"] });
    await start(api, name);
    const request = { Cmd: ["cat"], AttachStdin: true, AttachStdout: true };
    const made = await call(api.post(`/containers/${name}/exec`, request), 201, "exec");
    const streams = await Promise.all([
      api.hijack(`/containers/${name}/attach?stream=1&stdout=1&logs=1`),
      api.hijack(`/exec/${made.json<{ Id: string }>().Id}/start`, { body: {} }),
    ]);
    const raw = await Promise.all(
      [`/containers/${name}/logs?follow=1&stdout=1`, "/events", `/containers/${name}/wait`].map((path) =>
        api.open(`${path.endsWith("wait") ? "POST" : "GET"} ${path} HTTP/1.1\r\nHost: d\r\n\r\n`),
      ),
    );
    await streams[0].waitFor("line", 30_000);
    for (const stream of streams) stream.close();
    for (const socket of raw) socket.destroy();
    await call(api.post(`/containers/${name}/kill`), 204, "kill");
    await exitCode(api, name, 137);
    await remove(api, name);
  },
  async "has a client that does not read"(api, name) {
    await create(api, name, { Cmd: ["sh", "-c", "yes 0123456789 | head -c 3000000; echo; echo end"] });
    const socket = await api.open(`POST /containers/${name}/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n`);
    socket.pause();
    await start(api, name);
    await exitCode(api, name, 0);
    socket.destroy();
    const log = await call(api.get(`/containers/${name}/logs?stdout=1&tail=1`), 200, "logs");
    same(text(log.body), "end\n");
    await remove(api, name);
  },
};
