import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { deferred, fail } from "@berth/base";
import type { WaitResult } from "@berth/engine";
import type { EventMessage, ProgressMessage } from "@berth/spec";
import { bridgeNetwork, echoSession, fakeApi, textStream } from "./testing/fakes.ts";
import { serveApi } from "./testing/serve.ts";

const json = { "Content-Type": "application/json" };

test("every route file is in the list", () => {
  const folder = join(import.meta.dir, "routes");
  const list = readFileSync(join(folder, "list.ts"), "utf8");
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts") || file === "list.ts" || file === "networks/filter.ts") continue;
    expect(list).toContain(`"./${file}"`);
  }
});

test("ping answers with the headers clients look for", async () => {
  await using api = await serveApi(fakeApi({}).options);
  for (const [method, target] of [
    ["GET", "/_ping"],
    ["HEAD", "/_ping"],
    ["GET", "/v1.24/_ping"],
  ] as const) {
    const answer = await api.fetch(target, { method });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(method === "HEAD" ? "" : "OK");
    const headers = Object.fromEntries(answer.headers);
    expect(headers).toMatchObject({
      "api-version": "1.51",
      "docker-experimental": "false",
      ostype: "linux",
      server: "Berth/0.0.1 (linux)",
      "builder-version": "1",
      swarm: "inactive",
      pragma: "no-cache",
      "cache-control": "no-cache, no-store, must-revalidate",
      "content-type": "text/plain; charset=utf-8",
      "content-length": method === "HEAD" ? "0" : "2",
    });
  }
});

test("versions outside 1.24 to 1.51 are refused in Docker's words", async () => {
  await using api = await serveApi(fakeApi({}).options);
  const tooNew = await api.fetch("/v1.99/_ping");
  expect(tooNew.status).toBe(400);
  expect(await tooNew.text()).toBe('{"message":"client version 1.99 is too new. Maximum supported API version is 1.51"}\n');
  const tooOld = await api.fetch("/v1.23/_ping");
  expect(tooOld.status).toBe(400);
  expect(tooOld.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(await tooOld.text()).toStartWith("client version 1.23 is too old. Minimum supported API version is 1.24");
});

test("unknown routes and methods are not found, known but unsupported ones are told apart, swarm is unavailable", async () => {
  await using api = await serveApi(fakeApi({}).options);
  for (const [method, target, status, text] of [
    ["GET", "/nope", 404, "page not found"],
    ["PATCH", "/v1.41/containers/json", 404, "page not found"],
    ["POST", "/images/a/b/push", 400, "Bad parameters and missing X-Registry-Auth: EOF"],
    ["GET", "/v1.41/services", 503, "This node is not a swarm manager."],
    ["GET", "/nodes/abc", 503, "This node is not a swarm manager."],
  ] as const) {
    const answer = await api.fetch(target, { method });
    expect([target, answer.status]).toEqual([target, status]);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(((await answer.json()) as { message: string }).message).toStartWith(text);
  }
  expect(await (await api.fetch("/plugins")).text()).toBe("[]\n");
});

test("each kind of error has Docker's status, and 304 and 204 have no body", async () => {
  const kinds = [
    ["not-found", 404],
    ["invalid", 400],
    ["conflict", 409],
    ["forbidden", 403],
    ["unavailable", 503],
    ["internal", 500],
    ["not-implemented", 501],
  ] as const;
  for (const [kind, status] of kinds) {
    await using api = await serveApi(fakeApi({ "containers.pause": () => Promise.reject(fail(kind, `a ${kind}`)) }).options);
    const answer = await api.fetch("/containers/x/pause", { method: "POST" });
    expect([answer.status, await answer.text()]).toEqual([status, `{"message":"a ${kind}"}\n`]);
  }
  const { options } = fakeApi({
    "containers.start": () => Promise.reject(fail("not-modified", "runs")),
    "containers.stop": async () => undefined,
  });
  await using api = await serveApi(options);
  const unchanged = await api.talk("POST /containers/x/start HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect(unchanged).toStartWith("HTTP/1.1 304 Not Modified\r\n");
  expect(unchanged).toEndWith("\r\n\r\n");
  const stopped = await api.talk("POST /containers/x/stop?t=3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect(stopped).toStartWith("HTTP/1.1 204 No Content\r\n");
  expect(stopped.toLowerCase()).not.toContain("content-length");
});

test("create reads its body as Go would and passes on what is known", async () => {
  const { options, calls } = fakeApi({ "containers.create": async () => ({ id: "f".repeat(64), warnings: [] }) });
  await using api = await serveApi(options);
  const body = JSON.stringify({ image: "busybox", Cmd: "ls", HostConfig: { AutoRemove: true, Binds: null, PidsLimit: -1 }, Bogus: 1 });
  const answer = await api.fetch("/v1.41/containers/create?name=web&platform=linux/amd64", { method: "POST", headers: json, body });
  expect([answer.status, await answer.text()]).toEqual([201, `{"Id":"${"f".repeat(64)}","Warnings":[]}\n`]);
  expect(calls).toEqual([
    [
      "containers.create",
      {
        name: "web",
        platform: "linux/amd64",
        apiVersion: "1.41",
        request: { Image: "busybox", Cmd: ["ls"], HostConfig: { AutoRemove: true } },
      },
    ],
  ]);
});

test("create refuses what Docker refuses", async () => {
  await using api = await serveApi(fakeApi({}).options);
  const mount = (type: string, extra: object): string =>
    JSON.stringify({ Image: "a", HostConfig: { Mounts: [{ Type: type, Target: "/x", ...extra }] } });
  for (const [version, headers, body, message] of [
    ["1.41", json, "", "EOF"],
    ["1.41", json, '{"HostConfig":{}}', "Config cannot be empty in order to create a container"],
    ["1.41", json, "x", "invalid character 'x' looking for beginning of value"],
    ["1.41", json, '{"Tty":"yes"}', "json: cannot unmarshal string into Go struct field ContainerConfigWrapper.Tty of type bool"],
    ["1.41", { "Content-Type": "text/plain" }, "{}", "Content-Type specified (text/plain) must be 'application/json'"],
    [
      "1.43",
      json,
      '{"Image":"a","NetworkingConfig":{"EndpointsConfig":{"a":{},"b":{}}}}',
      "Container cannot be created with multiple network endpoints: a, b",
    ],
    ["1.44", json, mount("bind", { VolumeOptions: {} }), 'VolumeOptions must not be specified on mount type "bind"'],
    ["1.44", json, mount("volume", { VolumeOptions: { Subpath: "a" } }), "VolumeOptions.Subpath needs API v1.45 or newer"],
    ["1.47", json, mount("image", {}), 'Mount type "Image" needs API v1.48 or newer'],
  ] as const) {
    const answer = await api.fetch(`/v${version}/containers/create`, { method: "POST", headers, body });
    expect([answer.status, ((await answer.json()) as { message: string }).message]).toEqual([400, message]);
  }
});

test("a body on start is refused", async () => {
  await using api = await serveApi(fakeApi({ "containers.start": async () => undefined }).options);
  expect((await api.fetch("/containers/x/start", { method: "POST", headers: json, body: '{"Binds":[]}' })).status).toBe(400);
  expect((await api.fetch("/containers/x/start", { method: "POST", headers: json, body: "{}" })).status).toBe(204);
});

test("wait sends its headers when it is registered and its body at the end", async () => {
  const end = deferred<WaitResult>();
  const { options, calls } = fakeApi({ "containers.wait": () => ({ result: end.promise, cancel: () => undefined }) });
  await using api = await serveApi(options);
  const answer = await api.fetch("/v1.41/containers/x/wait?condition=removed", { method: "POST" });
  expect([answer.status, answer.headers.get("content-type"), calls[0]]).toEqual([
    200,
    "application/json",
    ["containers.wait", "x", "removed"],
  ]);
  end.resolve({ StatusCode: 137, Error: null });
  expect(await answer.text()).toBe('{"Error":null,"StatusCode":137}\n');
  expect((await api.fetch("/containers/x/wait?condition=bogus", { method: "POST" })).status).toBe(400);
});

test("a client that leaves cancels its wait", async () => {
  const cancelled = deferred<void>();
  const { options } = fakeApi({ "containers.wait": () => ({ result: new Promise(() => undefined), cancel: cancelled.resolve }) });
  await using api = await serveApi(options);
  const socket = await api.open();
  socket.write("POST /containers/x/wait HTTP/1.1\r\nHost: a\r\n\r\n");
  await new Promise((resolve) => socket.once("data", resolve));
  socket.destroy();
  await cancelled.promise;
});

const upgrade = "Host: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n";

test("attach takes the connection over with exactly Docker's bytes", async () => {
  const first = [{ stream: 2 as const, bytes: Buffer.from("oops") }];
  const { options } = fakeApi({ "containers.attach": async () => echoSession({ tty: false, first }) });
  await using api = await serveApi(options);
  const framed = "\x02\0\0\0\0\0\0\x04oops\x01\0\0\0\0\0\0\x02hi";
  const head = (type: string): string =>
    `HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.${type}-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`;
  const query = "stream=1&stdin=1&stdout=1&stderr=1";
  expect(await api.talk(`POST /v1.41/containers/x/attach?${query} HTTP/1.1\r\n${upgrade}\r\nhi`)).toBe(head("raw") + framed);
  expect(await api.talk(`POST /v1.42/containers/x/attach?${query} HTTP/1.1\r\n${upgrade}\r\nhi`)).toBe(head("multiplexed") + framed);
});

test("attach without upgrade sends raw bytes until the end", async () => {
  const session = echoSession({ tty: true, first: [{ stream: 1, bytes: Buffer.from("prompt# ") }] });
  await using api = await serveApi(fakeApi({ "containers.attach": async () => session }).options);
  setTimeout(() => session.close(), 100);
  expect(await api.talk("POST /containers/x/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: a\r\n\r\n", { halfClose: false })).toBe(
    "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nprompt# ",
  );
});

test("an attach that fails is plain text on a closed connection", async () => {
  await using api = await serveApi(
    fakeApi({ "containers.attach": () => Promise.reject(fail("not-found", "No such container: x")) }).options,
  );
  const expected = "HTTP/1.1 404 Not Found\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nNo such container: x\r\n";
  expect(await api.talk(`POST /containers/x/attach?stream=1 HTTP/1.1\r\n${upgrade}\r\n`)).toBe(expected);
  expect(await api.talk("POST /containers/x/attach?stream=1 HTTP/1.1\r\nHost: a\r\n\r\n", { halfClose: false })).toBe(expected);
});

test("a client that leaves closes its session", async () => {
  const session = echoSession({ tty: false });
  await using api = await serveApi(fakeApi({ "containers.attach": async () => session }).options);
  const socket = await api.open();
  socket.write(`POST /containers/x/attach?stream=1&stdout=1 HTTP/1.1\r\n${upgrade}\r\n`);
  await new Promise((resolve) => socket.once("data", resolve));
  socket.destroy();
  await session.over;
  expect(session.closed).toBe(true);
});

test("exec start reads its body before the stream and repeats the common headers", async () => {
  const { options, calls } = fakeApi({ "execs.start": async () => echoSession({ tty: true }), "execs.create": async () => "e1" });
  await using api = await serveApi(options);
  const body = '{"Tty":true,"ConsoleSize":[24,80]}';
  const request = `POST /v1.44/exec/e1/start HTTP/1.1\r\n${upgrade}Content-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`;
  expect(await api.talk(`${request}typed`)).toBe(
    "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n" +
      "Api-Version: 1.51\r\nDocker-Experimental: false\r\nOstype: linux\r\nServer: Berth/0.0.1 (linux)\r\n\r\ntyped",
  );
  expect(calls).toEqual([["execs.start", "e1", { detach: false, tty: true, consoleSize: [24, 80] }]]);
  const empty = await api.fetch("/containers/x/exec", { method: "POST", headers: json, body: '{"Cmd":[]}' });
  expect([empty.status, await empty.text()]).toEqual([400, '{"message":"No exec command specified"}\n']);
});

test("an exec that cannot start is an ordinary error, also for a client that asked to upgrade", async () => {
  await using api = await serveApi(
    fakeApi({ "execs.start": () => Promise.reject(fail("not-found", "No such exec instance: e9")) }).options,
  );
  const answer = await api.talk(`POST /exec/e9/start HTTP/1.1\r\n${upgrade}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`);
  expect(answer).toStartWith("HTTP/1.1 404 Not Found\r\n");
  expect(answer).toContain("Content-Type: application/json\r\n");
  expect(answer).toEndWith('{"message":"No such exec instance: e9"}\n');
});

test("logs are framed, timed and detailed as asked", async () => {
  const entries = [
    { stream: "stdout" as const, timeNs: 1_700_000_000_000_000_001n, bytes: Buffer.from("one\n") },
    { stream: "stderr" as const, timeNs: 1_700_000_001_000_000_000n, bytes: Buffer.from("two\n") },
  ];
  const logs = (tty: boolean) => async () => ({ tty, labels: { b: "x y", a: "1" }, entries: each([entries]) });
  const framed = fakeApi({ "containers.logs": logs(false) });
  await using api = await serveApi(framed.options);
  const answer = await api.fetch("/v1.42/containers/x/logs?stdout=1&stderr=1&timestamps=1&details=1&tail=5&since=1700000000.5");
  expect(answer.headers.get("content-type")).toBe("application/vnd.docker.multiplexed-stream");
  const text = Buffer.from(await answer.arrayBuffer()).toString("latin1");
  expect(text).toBe(
    // Both lines have 45 bytes, which is the character "-".
    "\x01\0\0\0\0\0\0-2023-11-14T22:13:20.000000001Z a=1,b=x+y one\n" + "\x02\0\0\0\0\0\0-2023-11-14T22:13:21.000000000Z a=1,b=x+y two\n",
  );
  expect(framed.calls[0]?.[2]).toMatchObject({ tail: 5, sinceNs: 1_700_000_000_500_000_000n, untilNs: null, follow: false });
  const none = await api.fetch("/containers/x/logs");
  expect([none.status, await none.text()]).toEqual([400, '{"message":"Bad parameters: you must choose at least one stream"}\n']);
  await using terminal = await serveApi(fakeApi({ "containers.logs": logs(true) }).options);
  const raw = await terminal.fetch("/v1.44/containers/x/logs?stdout=1");
  expect([raw.headers.get("content-type"), await raw.text()]).toEqual(["application/vnd.docker.raw-stream", "one\ntwo\n"]);
});

async function* each<T>(items: readonly T[]): AsyncGenerator<T, void, void> {
  for (const item of items) yield item;
}

test("events keep every digit of their time, and image create is for 1.46 and newer", async () => {
  const message = (Type: string, Action: string): EventMessage => ({
    Type,
    Action,
    Actor: { ID: "x", Attributes: {} },
    scope: "local",
    time: 1,
    timeNano: 1_763_762_345_123_456_789n,
  });
  const { options } = fakeApi({ "events.subscribe": () => each([message("image", "create"), message("container", "start")]) });
  await using api = await serveApi(options);
  const line = (Type: string, Action: string): string =>
    `{"Type":"${Type}","Action":"${Action}","Actor":{"ID":"x","Attributes":{}},"scope":"local","time":1,"timeNano":1763762345123456789}\n`;
  expect(await (await api.fetch("/v1.45/events")).text()).toBe(line("container", "start"));
  expect(await (await api.fetch("/v1.46/events")).text()).toBe(line("image", "create") + line("container", "start"));
  const wrong = await api.fetch("/events?since=20&until=10");
  expect([wrong.status, await wrong.text()]).toEqual([400, '{"message":"`since` time (20) cannot be after `until` time (10)"}\n']);
  expect((await api.fetch("/events?filters={")).status).toBe(400);
});

async function* failing(messages: readonly ProgressMessage[], message: string): AsyncGenerator<ProgressMessage, void, void> {
  for (const entry of messages) yield entry;
  throw fail("invalid", message);
}

test("load tells errors in-band, import tells the first as an ordinary error", async () => {
  const { options } = fakeApi({
    "images.load": () => failing([{ stream: "Loaded\n" }], "bad digest"),
    "images.import": () => failing([], "no archive"),
  });
  await using api = await serveApi(options);
  const load = await api.fetch("/images/load", { method: "POST", body: "tar" });
  expect([load.status, await load.text()]).toEqual([
    200,
    '{"stream":"Loaded\\n"}\r\n{"errorDetail":{"message":"bad digest"},"error":"bad digest"}\r\n',
  ]);
  const imported = await api.fetch("/images/create?fromSrc=-&repo=x", { method: "POST", body: "tar" });
  expect([imported.status, await imported.text()]).toEqual([400, '{"message":"no archive"}\n']);
  const pull = await api.fetch("/images/create?fromImage=busybox&tag=latest", { method: "POST" });
  expect(pull.status).toBe(500);
  expect(await pull.text()).toContain("cannot pull busybox:latest");
});

test("save streams an archive, and a broken one is cut", async () => {
  const { options } = fakeApi({ "images.save": async () => textStream("archive") });
  await using api = await serveApi(options);
  const answer = await api.fetch("/images/get?names=a&names=b");
  expect([answer.headers.get("content-type"), await answer.text()]).toEqual(["application/x-tar", "archive"]);
});

test("networks are shown and filtered as Docker does", async () => {
  const { options } = fakeApi({ "networks.list": () => [bridgeNetwork()], "networks.inspect": () => bridgeNetwork() });
  await using api = await serveApi(options);
  const [listed] = (await (await api.fetch("/v1.41/networks")).json()) as Record<string, unknown>[];
  expect(listed).toMatchObject({
    Name: "bridge",
    EnableIPv6: false,
    Containers: {},
    IPAM: { Config: [{ Subnet: "172.17.0.0/16", Gateway: "172.17.0.1" }] },
  });
  expect(listed).not.toHaveProperty("EnableIPv4");
  const shown = (await (await api.fetch("/v1.48/networks/bridge")).json()) as { Containers: object; EnableIPv4: boolean };
  expect(Object.values(shown.Containers)).toEqual([
    { Name: "web", EndpointID: "e1", MacAddress: "02:42:ac:11:00:02", IPv4Address: "172.17.0.2/16", IPv6Address: "" },
  ]);
  expect(shown.EnableIPv4).toBe(true);
  expect(await (await api.fetch(`/networks?filters=${encodeURIComponent('{"type":["custom"]}')}`)).text()).toBe("[]\n");
  const bad = await api.fetch(`/networks?filters=${encodeURIComponent('{"bogus":["x"]}')}`);
  expect([bad.status, await bad.text()]).toEqual([400, `{"message":"Invalid filter 'bogus'"}\n`]);
});

test("bodies and addresses are bounded", async () => {
  await using api = await serveApi(fakeApi({}).options);
  const large = await api.fetch("/containers/create", { method: "POST", headers: json, body: `"${"a".repeat(9 * 1024 * 1024)}"` });
  expect(large.status).toBe(400);
  const escape = await api.talk("GET /containers/%zz/json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect(escape).toContain('{"message":"invalid URL escape \\"%zz\\""}');
  const overflow = await api.talk(`GET /info HTTP/1.1\r\nHost: a\r\nX-Big: ${"a".repeat(2_000_000)}\r\n\r\n`, { halfClose: false });
  expect(overflow).toStartWith("HTTP/1.1 431 ");
});
