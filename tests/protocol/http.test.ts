import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { demultiplex, type EngineApi } from "../harness/engine-api.ts";
import { loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openSandbox, type Sandbox } from "../harness/sandbox.ts";
import { connect, headOf, isWhole, jsonRequest, type RawConnection, request } from "./raw.ts";

let sandbox: Sandbox;
let engine: RunningEngine;
let api: EngineApi;
const open = new Set<RawConnection>();

beforeAll(async () => {
  sandbox = await openSandbox("http");
  engine = await startBerth(sandbox);
  api = engine.api.at("v1.51");
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
}, 60_000);
afterEach(() => {
  for (const connection of open) connection.destroy();
  open.clear();
});
afterAll(async () => {
  await engine?.stop();
  await sandbox?.close();
}, 30_000);

async function dial(): Promise<RawConnection> {
  const connection = await connect({ path: engine.socket });
  open.add(connection);
  return connection;
}

/** Sends bytes on a connection of its own and reads one whole answer. */
async function ask(bytes: string): Promise<ReturnType<typeof headOf>> {
  const connection = await dial();
  connection.write(bytes);
  return headOf(await connection.waitFor(isWhole, bytes.split("\r\n", 1)[0] ?? ""));
}

async function create(name: string, body: object): Promise<string> {
  const answer = await api.post(`/containers/create?name=${name}`, { Image: "busybox", ...body });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.json<{ Id: string }>().Id;
}

async function started(name: string, body: object): Promise<void> {
  await create(name, body);
  expect((await api.post(`/containers/${name}/start`)).status).toBe(204);
}

async function removed(name: string): Promise<void> {
  expect((await api.delete(`/containers/${name}?force=1`)).status).toBe(204);
}

test("HEAD /_ping has the headers of GET and no byte behind them", async () => {
  const connection = await dial();
  connection.write(request("HEAD /_ping"));
  await connection.waitFor((text) => text.endsWith("\r\n\r\n"), "HEAD");
  connection.write(request("GET /_ping"));
  const text = await connection.waitFor((all) => all.endsWith("OK"), "GET");
  const second = text.indexOf("HTTP/1.1", 1);
  const [head, get] = [headOf(text.slice(0, second)), headOf(text.slice(second))];
  expect(head.rest).toBe("");
  expect(head.headers).toMatchObject({
    "api-version": "1.51",
    "builder-version": "1",
    "cache-control": "no-cache, no-store, must-revalidate",
    "content-length": "0",
    "content-type": "text/plain; charset=utf-8",
    "docker-experimental": "false",
    ostype: "linux",
    pragma: "no-cache",
    swarm: "inactive",
  });
  const own = { "content-length": "", date: "" };
  expect({ ...get.headers, ...own }).toEqual({ ...head.headers, ...own });
});

test("pipelined requests are answered in order on one connection", async () => {
  const connection = await dial();
  const paths = ["/v1.51/version", "/_ping", "/v1.51/containers/json", "/v1.51/nothing", "/_ping"];
  connection.write(paths.map((path) => request(`GET ${path}`)).join("") + request("GET /v1.51/networks", { Connection: "close" }));
  const text = await connection.end();
  const answers = text.split(/(?=HTTP\/1\.1 \d{3})/).map((answer) => headOf(answer));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404, 200, 200]);
  expect(answers[0]?.rest).toContain('"ApiVersion":"1.51"');
  expect(answers[1]?.rest).toBe("OK");
  expect(answers[2]?.rest).toBe("[]\n");
  expect(answers[5]?.rest).toContain('"Name":"bridge"');
});

test("requests that follow a body nobody wanted are answered", async () => {
  const connection = await dial();
  connection.write(jsonRequest("POST /v1.51/nothing", { filler: "x".repeat(100_000) }) + request("GET /_ping"));
  expect(await connection.waitFor((text) => text.endsWith("OK"), "ping behind a refused body")).toContain("page not found");
});

test("Expect: 100-continue is answered before the body, for JSON and for archives", async () => {
  const body = JSON.stringify({ Image: "busybox" });
  const connection = await dial();
  const headers = { "Content-Type": "application/json", "Content-Length": String(body.length), Expect: "100-continue" };
  connection.write(request("POST /v1.51/containers/create?name=expected", headers));
  expect(await connection.waitFor((text) => text.includes("\r\n\r\n"), "100 Continue")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  connection.write(body);
  expect(await connection.waitFor((text) => text.includes('"Id"'), "create")).toContain("HTTP/1.1 201 Created\r\n");
  await removed("expected");

  const { archive } = buildBusyboxImage("continued:1");
  const load = await dial();
  load.write(
    request("POST /v1.51/images/load", {
      "Content-Type": "application/x-tar",
      "Content-Length": String(archive.length),
      Expect: "100-continue",
    }),
  );
  await load.waitFor((text) => text.startsWith("HTTP/1.1 100 Continue\r\n\r\n"), "100 Continue");
  load.write(archive);
  expect(await load.waitFor((text) => text.endsWith("0\r\n\r\n"), "load")).toContain("Loaded image: continued:1");
});

test("bodies come with a length or in chunks, in pieces of any size", async () => {
  const body = JSON.stringify({ Image: "busybox", Labels: { wide: "ü".repeat(5000) } });
  const bytes = Buffer.from(body);
  const whole = await dial();
  whole.write(
    request("POST /v1.51/containers/create?name=whole", { "Content-Type": "application/json", "Content-Length": String(bytes.length) }),
  );
  for (let at = 0; at < bytes.length; at += 999) {
    whole.write(bytes.subarray(at, at + 999));
    await Bun.sleep(1);
  }
  expect(headOf(await whole.waitFor(isWhole, "create")).status).toBe(201);
  const chunked = await dial();
  chunked.write(
    request("POST /v1.51/containers/create?name=chunked", { "Content-Type": "application/json", "Transfer-Encoding": "chunked" }),
  );
  for (let at = 0; at < bytes.length; at += 700) {
    const piece = bytes.subarray(at, at + 700);
    chunked.write(`${piece.length.toString(16)}\r\n`);
    chunked.write(piece);
    chunked.write("\r\n");
  }
  chunked.write("0\r\n\r\n");
  expect(headOf(await chunked.waitFor(isWhole, "create")).status).toBe(201);
  for (const name of ["whole", "chunked"]) {
    const config = (await api.get(`/containers/${name}/json`)).json<{ Config: { Labels: { wide: string } } }>().Config;
    expect(config.Labels.wide).toBe("ü".repeat(5000));
    await removed(name);
  }
});

test("every kind of answer has the common headers: bodies, none, not modified, errors, streams, taken over by exec", async () => {
  await started("common", { Cmd: ["sleep", "1000"] });
  const exec = (await api.post("/containers/common/exec", { Cmd: ["true"], AttachStdout: true })).json<{ Id: string }>().Id;
  const since = Math.floor(Date.now() / 1000);
  const answers = {
    200: await ask(request("GET /v1.51/containers/json")),
    201: await ask(jsonRequest("POST /v1.51/containers/create?name=common-2", { Image: "busybox" })),
    204: await ask(request("DELETE /v1.51/containers/common-2")),
    304: await ask(request("POST /v1.51/containers/common/start")),
    400: await ask(request("GET /v1.99/containers/json")),
    404: await ask(request("GET /v1.51/containers/nothing/json")),
    409: await ask(request("DELETE /v1.51/containers/common")),
    501: await ask(request("POST /v1.51/swarm/init")),
    503: await ask(request("GET /v1.51/services")),
    stream: await ask(request(`GET /v1.51/events?since=${since}&until=${since}`)),
    logs: await ask(request("GET /v1.51/containers/common/logs?stdout=1")),
    exec: await (async () => {
      const connection = await dial();
      connection.write(jsonRequest(`POST /v1.51/exec/${exec}/start`, {}, { Connection: "Upgrade", Upgrade: "tcp" }));
      return headOf(await connection.end());
    })(),
  };
  expect(Object.entries(answers).map(([name, { status }]) => [name, status])).toEqual([
    ...[200, 201, 204, 304, 400, 404, 409, 501, 503].map((status) => [String(status), status]),
    ["stream", 200],
    ["logs", 200],
    ["exec", 101],
  ]);
  for (const [name, { headers }] of Object.entries(answers)) {
    expect([name, headers]).toEqual([
      name,
      expect.objectContaining({
        "api-version": "1.51",
        ostype: "linux",
        "docker-experimental": "false",
        server: expect.stringMatching(/^Berth\/.* \(linux\)$/),
      }),
    ]);
  }
  for (const none of [answers[204], answers[304]]) expect([none.rest, none.headers["content-type"]]).toEqual(["", undefined]);
  for (const error of [answers[400], answers[404], answers[409], answers[503]])
    expect(error.headers["content-type"]).toBe("application/json");
  await removed("common");
});

test("bytes in the same packet as an upgrade's head are the first of the input", async () => {
  await started("packet", { Cmd: ["sleep", "1000"] });
  const exec = (await api.post("/containers/packet/exec", { Cmd: ["cat"], AttachStdin: true, AttachStdout: true })).json<{ Id: string }>()
    .Id;
  const connection = await dial();
  connection.write(`${jsonRequest(`POST /v1.51/exec/${exec}/start`, {}, { Connection: "Upgrade", Upgrade: "tcp" })}first `);
  await connection.waitFor((text) => text.includes("first "), "the early bytes");
  connection.write("second");
  connection.socket.end();
  const { status, rest } = headOf(await connection.end());
  expect([status, demultiplex(Buffer.from(rest, "latin1"))]).toEqual([101, [[1, "first second"]]]);
  await removed("packet");
});

test("a half close is the end of stdin and not of the output: attach before the start", async () => {
  await create("half", {
    Cmd: ["sh", "-c", "cat; sleep 0.3; echo late"],
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
  });
  const connection = await dial();
  connection.write(
    request("POST /v1.51/containers/half/attach?stream=1&stdin=1&stdout=1&stderr=1", { Connection: "Upgrade", Upgrade: "tcp" }),
  );
  await connection.waitFor((text) => text.includes("\r\n\r\n"), "the head");
  const raw =
    "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
  expect(connection.text()).toBe(raw);
  connection.write("in\n");
  connection.socket.end();
  expect((await api.post("/containers/half/start")).status).toBe(204);
  const text = await connection.end();
  expect(demultiplex(Buffer.from(text.slice(raw.length), "latin1"))).toEqual([[1, "in\nlate\n"]]);
  await removed("half");
});

test("without an upgrade the stream is raw behind a head without a length", async () => {
  await create("plain", { Cmd: ["sh", "-c", "echo out; echo err >&2"] });
  const connection = await dial();
  connection.write(request("POST /v1.51/containers/plain/attach?stream=1&stdout=1&stderr=1"));
  await connection.waitFor((text) => text.includes("\r\n\r\n"), "the head");
  expect(connection.text()).toBe("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n");
  expect((await api.post("/containers/plain/start")).status).toBe(204);
  const { rest } = headOf(await connection.end());
  const frames = demultiplex(Buffer.from(rest, "latin1"));
  expect(frames.sort(([a], [b]) => a - b)).toEqual([
    [1, "out\n"],
    [2, "err\n"],
  ]);
  await removed("plain");
});

test("a resize right behind the start counts, for containers and for exec", async () => {
  for (let round = 0; round < 10; round++) {
    const name = `size-${round}`;
    await create(name, { Tty: true, OpenStdin: true, Cmd: ["sh", "-c", "read x; stty size; exec sleep 1000"] });
    const connection = await dial();
    connection.write(request(`POST /v1.51/containers/${name}/attach?stream=1&stdin=1&stdout=1`, { Connection: "Upgrade", Upgrade: "tcp" }));
    await connection.waitFor((text) => text.includes("\r\n\r\n"), "the head");
    expect((await api.post(`/containers/${name}/start`)).status).toBe(204);
    expect((await api.post(`/containers/${name}/resize?h=${20 + round}&w=99`)).status).toBe(200);
    connection.write("go\n");
    await connection.waitFor((text) => text.includes(`${20 + round} 99\r\n`), "the size of the container");

    const exec = (
      await api.post(`/containers/${name}/exec`, {
        Tty: true,
        Cmd: ["sh", "-c", "read x; stty size"],
        AttachStdin: true,
        AttachStdout: true,
      })
    ).json<{ Id: string }>().Id;
    const inner = await dial();
    inner.write(jsonRequest(`POST /v1.51/exec/${exec}/start`, { Tty: true }, { Connection: "Upgrade", Upgrade: "tcp" }));
    const resized = await api.post(`/exec/${exec}/resize?h=${40 + round}&w=77`);
    expect([resized.status, resized.text]).toEqual([200, ""]);
    inner.write("go\n");
    expect(await inner.end()).toContain(`${40 + round} 77\r\n`);
    await removed(name);
  }
}, 60_000);

test("requests that are no HTTP, too long or broken are refused, and the daemon lives on", async () => {
  const attempts: readonly (readonly [string, RegExp])[] = [
    ["nonsense\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["GET / HTTP/9.9\r\n\r\n", /^HTTP\/1\.1 (400|505) /],
    [request("GET /_ping", { "Content-Length": "x" }), /^HTTP\/1\.1 400 /],
    [request("POST /v1.51/images/load", { "Content-Length": "5", "Transfer-Encoding": "chunked" }), /^HTTP\/1\.1 400 /],
    [`GET /${"x".repeat(2 * 1024 * 1024)} HTTP/1.1\r\n\r\n`, /^HTTP\/1\.1 (400|414|431) |^$/],
    [request("GET /v1.51/%zz"), /^HTTP\/1\.1 400 /],
  ];
  for (const [bytes, expected] of attempts) {
    const connection = await dial();
    connection.socket.on("error", () => undefined);
    connection.write(bytes);
    await connection.waitFor((text) => connection.ended() || text.includes("\r\n\r\n"), bytes.slice(0, 40));
    expect(connection.text()).toMatch(expected);
    connection.destroy();
  }
  expect((await api.get("/_ping")).text).toBe("OK");
});
