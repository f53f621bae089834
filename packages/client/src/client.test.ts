import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BerthError } from "@berth/base";
import { Connection } from "./connection/connection.ts";
import { readJsonLines } from "./connection/lines.ts";
import { attachContainer, listContainers, startContainer, waitContainer } from "./container.ts";
import { killExecs, listExecs } from "./exec.ts";
import { watchEvents } from "./system.ts";
import { parseAddress } from "./transport/address.ts";
import { openTransport } from "./transport/bun.ts";
import { ByteQueue } from "./transport/queue.ts";

const folder = mkdtempSync(join(tmpdir(), "berth-client-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("addresses", () => {
  const good: readonly (readonly [string, object])[] = [
    ["unix:///run/x.sock", { kind: "unix", path: "/run/x.sock" }],
    ["tcp://host:2376", { kind: "tcp", hostname: "host", port: 2376, basePath: "" }],
    ["tcp://host", { kind: "tcp", port: 2375 }],
    ["tcp://host:80/base", { kind: "tcp", port: 80, basePath: "/base" }],
    ["tcp://[::1]:2375", { kind: "tcp", hostname: "::1", port: 2375 }],
    [":2375", { kind: "tcp", hostname: "127.0.0.1", port: 2375 }],
    ["https://host:443", { kind: "tcp", port: 443 }],
  ];
  for (const [text, expected] of good) test(text, () => expect(parseAddress(text)).toMatchObject(expected));
  for (const text of [
    "unix://",
    "ssh://",
    "ssh://-oProxyCommand=x",
    "ssh://a b",
    "ssh://host:0",
    "ssh://host?x=1",
    "ssh://host:99999",
    "ssh://-lx@host",
    "tcp://",
    "tcp://host:99999",
    "fd://",
    "",
  ]) {
    test(`refuses ${JSON.stringify(text)}`, () => expect(() => parseAddress(text)).toThrow("invalid host"));
  }
});

describe("calls", () => {
  const socket = join(folder, "calls.sock");
  const seen: string[] = [];
  let offered = "1.41";
  let server: ReturnType<typeof Bun.serve>;
  beforeAll(() => {
    server = Bun.serve({
      unix: socket,
      fetch: (request) => {
        const { pathname, search } = new URL(request.url);
        seen.push(`${request.method} ${pathname}${search}`);
        const [, version = "", path] = /^\/v([\d.]+)(\/.*)$/.exec(pathname) ?? [];
        if (Number(version.slice(2)) > Number(offered.slice(2))) {
          const message = `client version ${version} is too new. Maximum supported API version is ${offered}`;
          return Response.json({ message }, { status: 400 });
        }
        if (path === "/containers/json") return Response.json([]);
        if (path === "/containers/gone/start") return Response.json({ message: "No such container: gone" }, { status: 404 });
        if (path === "/berth/execs") return Response.json({ message: "page not found" }, { status: 404 });
        if (path === "/berth/execs/nope/kill")
          return Response.json({ message: "No such exec instance or container: nope" }, { status: 404 });
        if (path === "/containers/on/start") return new Response(null, { status: 304 });
        if (path === "/containers/odd/start") return new Response("plain words", { status: 500 });
        if (path === "/containers/w/wait") return Response.json({ StatusCode: 7, Error: null });
        if (path === "/events") return new Response('{"Type":"container","Action":"die","time":1,"timeNano":1795299209483155123}\n');
        return new Response(null, { status: 503 });
      },
    });
  });
  afterAll(() => server.stop(true));
  const connect = (version?: string): Connection => new Connection(openTransport(`unix://${socket}`), version);

  test("go down once to the version an older engine offers", async () => {
    const engine = connect();
    seen.length = 0;
    await listContainers(engine, { all: true, filters: { label: ["a=b"] } });
    await listContainers(engine);
    expect(engine.apiVersion).toBe("1.41");
    expect(seen.map((line) => line.split("?")[0])).toEqual([
      "GET /v1.51/containers/json",
      "GET /v1.41/containers/json",
      "GET /v1.41/containers/json",
    ]);
    expect(decodeURIComponent(seen[1] ?? "")).toContain('?all=1&filters={"label":{"a=b":true}}');
  });
  test("keep a version that was asked for", async () => {
    await expect(listContainers(connect("1.45"))).rejects.toThrow("too new");
    offered = "1.51";
    const engine = connect("1.44");
    await listContainers(engine);
    expect(engine.apiVersion).toBe("1.44");
    offered = "1.41";
  });
  test("refusals carry kind and words", async () => {
    const failure = await startContainer(connect(), "gone").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BerthError);
    expect(failure).toMatchObject({ kind: "not-found", message: "No such container: gone" });
    await expect(startContainer(connect(), "odd")).rejects.toMatchObject({ kind: "internal", message: "plain words" });
    await expect(startContainer(connect(), "other")).rejects.toMatchObject({ kind: "unavailable" });
  });
  test("an engine without Berth's own routes is named; what is missing in one that has them is told", async () => {
    const words = `the engine at ${connect().address} cannot do this: it is no Berth, or an older one`;
    await expect(listExecs(connect())).rejects.toMatchObject({ kind: "not-implemented", message: words });
    await expect(killExecs(connect(), "nope")).rejects.toMatchObject({ kind: "not-found" });
  });
  test("304 is no failure", () => expect(startContainer(connect(), "on")).resolves.toBeUndefined());
  test("names cannot leave their place in the path", async () => {
    await expect(startContainer(connect(), "../x")).rejects.toThrow();
    expect(seen.at(-1)).toContain("/containers/..%2Fx/start");
    expect(() => startContainer(connect(), "..")).toThrow("invalid name");
  });
  test("wait answers later", async () => {
    const { result } = await waitContainer(connect(), "w");
    expect(await result).toEqual({ statusCode: 7 });
  });
  test("event times keep every nanosecond", async () => {
    const events = await Array.fromAsync(watchEvents(connect(), {}));
    expect(events.map((event) => event.timeNano)).toEqual([1_795_299_209_483_155_123n]);
  });
  test("an engine that is not there", async () => {
    const nowhere = new Connection(openTransport(`unix://${folder}/nowhere.sock`));
    await expect(listContainers(nowhere)).rejects.toMatchObject({ kind: "unavailable" });
    await expect(attachContainer(nowhere, "x", {})).rejects.toMatchObject({ kind: "unavailable" });
  });
});

describe("hijacked streams", () => {
  const socket = join(folder, "hijack.sock");
  let server: Server;
  let answer: (client: Socket, head: string) => void = () => undefined;
  beforeAll(async () => {
    server = createServer({ allowHalfOpen: true }, (client) => {
      client.on("error", () => undefined);
      client.once("data", (bytes) => answer(client, bytes.toString()));
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
  });
  afterAll(() => server.close());
  const attach = (): ReturnType<typeof attachContainer> =>
    attachContainer(new Connection(openTransport(`unix://${socket}`), "1.51"), "x", { stdout: true });

  test("carry both directions, end one by one, and lose no byte behind the head", async () => {
    answer = (client, head) => {
      expect(head).toContain("POST /v1.51/containers/x/attach?stream=1&stdout=1 HTTP/1.1\r\n");
      expect(head).toContain("Upgrade: tcp\r\n");
      client.write("HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\n\r\nfirst;");
      let size = 0;
      client.on("data", (bytes) => (size += bytes.length));
      client.on("end", () => client.end(`got ${size}`));
    };
    const stream = await attach();
    expect(stream.contentType).toBe("application/vnd.docker.raw-stream");
    await stream.write(new Uint8Array(5_000_000));
    stream.closeWrite();
    const parts = await Array.fromAsync(stream.output);
    expect(Buffer.concat(parts).toString()).toBe("first;got 5000000");
  });
  test("a slow reader stops the sender", async () => {
    let sent = 0;
    answer = (client) => {
      client.write("HTTP/1.1 101 UPGRADED\r\n\r\n");
      const chunk = Buffer.alloc(65_536);
      const push = (): void => {
        while (sent < 64_000_000) {
          sent += chunk.length;
          if (!client.write(chunk)) {
            client.once("drain", push);
            return;
          }
        }
        client.end();
      };
      push();
    };
    const stream = await attach();
    await Bun.sleep(300);
    const before = sent;
    expect(before).toBeLessThan(16_000_000);
    let received = 0;
    for await (const bytes of stream.output) received += bytes.length;
    expect(received).toBe(sent);
    expect(received).toBeGreaterThanOrEqual(64_000_000);
  });
  test("a refusal is an error with its words", async () => {
    answer = (client) => client.end('HTTP/1.1 409 Conflict\r\nContent-Length: 26\r\n\r\n{"message":"is paused now"}'.slice(0, 400));
    await expect(attach()).rejects.toMatchObject({ kind: "conflict" });
    answer = (client) => client.end('HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{"message":"x"}\r\n0\r\n\r\n');
    await expect(attach()).rejects.toMatchObject({ kind: "not-found", message: "x" });
  });
  test("a server that says nothing, or no HTTP", async () => {
    answer = (client) => client.end();
    await expect(attach()).rejects.toThrow("closed without an answer");
    answer = (client) => client.end("SSH-2.0\r\n\r\n");
    await expect(attach()).rejects.toThrow("no HTTP");
  });
});

test("lines of JSON may be cut anywhere", async () => {
  const bytes = new TextEncoder().encode('{"a":"é"}\r\n{"a":2}\r\n{"a":3}');
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect(await Array.fromAsync(readJsonLines(body))).toEqual([{ a: "é" }, { a: 2 }, { a: 3 }]);
});

test("a queue asks to pause and to go on", async () => {
  const queue = new ByteQueue();
  let spaces = 0;
  queue.onSpace = () => spaces++;
  expect(queue.push(new Uint8Array(600_000))).toBe(false);
  expect(queue.push(new Uint8Array(600_000))).toBe(true);
  queue.end();
  let size = 0;
  for await (const chunk of queue) size += chunk.length;
  expect([size, spaces]).toEqual([1_200_000, 1]);
});
