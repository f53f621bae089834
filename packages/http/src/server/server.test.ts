import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { deferred, silentLogger } from "@berth/base";
import type { HttpHandler, HttpRequest } from "../index.ts";
import { type ListenOptions, type Listener, listen } from "../index.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-http-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let counter = 0;
function options(handler: HttpHandler, more: Partial<ListenOptions> = {}): ListenOptions {
  return {
    address: { kind: "unix", path: join(folder, `${String(++counter)}.sock`) },
    handler,
    log: silentLogger(),
    serverHeader: "Test/1",
    groupId: null,
    tls: null,
    allowPlainTcp: false,
    ...more,
  };
}

interface Served extends AsyncDisposable {
  readonly listener: Listener;
  readonly path: string;
  open(first: string): Promise<Socket>;
}

async function serve(handler: HttpHandler): Promise<Served> {
  const settings = options(handler);
  const path = settings.address.kind === "unix" ? settings.address.path : "";
  const [listener] = await listen(settings);
  if (listener === undefined) throw new Error("no listener");
  return {
    listener,
    path,
    open: (first) =>
      new Promise((resolve, reject) => {
        const socket = connect({ path, allowHalfOpen: true }, () => {
          socket.write(first);
          resolve(socket);
        });
        socket.once("error", reject);
      }),
    [Symbol.asyncDispose]: () => listener.close(50),
  };
}

function collect(socket: Socket): { readonly ended: Promise<string> } {
  const pieces: Buffer[] = [];
  socket.on("data", (piece) => pieces.push(Buffer.from(piece)));
  return { ended: new Promise((resolve) => socket.once("end", () => resolve(Buffer.concat(pieces).toString("latin1")))) };
}

const ok: HttpHandler = async (_request, reply) => reply.send(200, { type: "text/plain", bytes: "fine" });

test("a socket has mode 0660, a stale one is replaced, an answering one and a file are left alone", async () => {
  const settings = options(ok);
  const path = settings.address.kind === "unix" ? settings.address.path : "";
  const stale = createServer().listen(`${path}.old`);
  await new Promise((resolve) => stale.once("listening", resolve));
  symlinkSync("nowhere", path);
  expect(listen(settings)).rejects.toThrow("something that is no socket is there");
  rmSync(path);
  writeFileSync(path, "");
  expect(listen(settings)).rejects.toThrow("something that is no socket is there");
  rmSync(path);
  const [first] = await listen(settings);
  expect(statSync(path).mode & 0o7777).toBe(0o660);
  expect(listen(settings)).rejects.toThrow("another process answers there");
  await first?.close(50);
  expect(existsSync(path)).toBe(false);
  stale.close();
});

test("a socket that a dead process left behind is replaced", async () => {
  const settings = options(ok);
  const path = settings.address.kind === "unix" ? settings.address.path : "";
  const child = Bun.spawn([
    process.execPath,
    "-e",
    `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`,
  ]);
  await child.exited;
  expect(statSync(path).isSocket()).toBe(true);
  const [listener] = await listen(settings);
  expect(await (await fetch("http://x/", { unix: path } as RequestInit)).text()).toBe("fine");
  await listener?.close(50);
});

test("plain TCP beyond loopback must be asked for", async () => {
  const address = { kind: "tcp", host: "0.0.0.0", port: 0 } as const;
  expect(listen(options(ok, { address }))).rejects.toThrow("without TLS");
  const [open] = await listen(options(ok, { address, allowPlainTcp: true }));
  const [local] = await listen(options(ok, { address: { kind: "tcp", host: "127.0.0.1", port: 0 } }));
  expect(await (await fetch(local?.address.replace("tcp", "http") ?? "")).text()).toBe("fine");
  await Promise.all([open?.close(50), local?.close(50)]);
});

test("two requests share a connection, and 304 has no body", async () => {
  await using server = await serve(async (request, reply) => (request.path === "/same" ? reply.send(304) : ok(request, reply)));
  const socket = await server.open("GET /same HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const text = await collect(socket).ended;
  expect(text).toMatch(/^HTTP\/1\.1 304 Not Modified\r\n(?:[^\r]+\r\n)*\r\nHTTP\/1\.1 200 OK\r\n/);
  expect(text).toEndWith("\r\n\r\nfine");
  socket.destroy();
});

test("a streamed answer waits for a slow reader and ends when he leaves", async () => {
  let written = 0;
  const over = deferred<unknown>();
  await using server = await serve(async (_request, reply) => {
    const sink = reply.stream(200, "application/octet-stream");
    try {
      for (; written < 1000; written++) await sink.write(new Uint8Array(65_536));
      over.resolve("everything was written");
    } catch (error) {
      over.resolve(error);
      throw error;
    }
  });
  const socket = await server.open("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await Bun.sleep(200);
  expect(written).toBeLessThan(100);
  socket.destroy();
  expect(await over.promise).toMatchObject({ kind: "cancelled" });
});

test("the signal aborts when the client leaves", async () => {
  const aborted = deferred<void>();
  const started = deferred<void>();
  await using server = await serve(async (request, reply) => {
    reply.stream(200, "text/plain");
    started.resolve();
    request.signal.addEventListener("abort", () => aborted.resolve());
    await aborted.promise;
  });
  const socket = await server.open("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await started.promise;
  socket.destroy();
  await aborted.promise;
});

test("a hijacked connection carries both halves, each with its own end", async () => {
  await using server = await serve(async (_request, reply) => {
    const connection = reply.hijack("HTTP/1.1 101 UPGRADED\r\n\r\n");
    let total = 0;
    for await (const bytes of connection.input) total += bytes.length;
    for (let index = 0; index < 100; index++) await connection.write(new Uint8Array(65_536));
    await connection.write(`got ${String(total)}`);
    connection.end();
  });
  const socket = await server.open("POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
  const answer = collect(socket);
  for (let index = 0; index < 50; index++) socket.write(new Uint8Array(100_000));
  socket.end();
  const text = await answer.ended;
  expect(text.length).toBe("HTTP/1.1 101 UPGRADED\r\n\r\n".length + 100 * 65_536 + "got 5000000".length);
  expect(text).toEndWith("got 5000000");
});

test("the body of an upgrade request is told from the stream that follows, whole or chunked", async () => {
  await using server = await serve(async (request, reply) => {
    const body = Buffer.from(await request.readBody(100)).toString();
    const connection = reply.hijack("HTTP/1.1 101 UPGRADED\r\n\r\n");
    let stream = "";
    for await (const bytes of connection.input) stream += Buffer.from(bytes).toString();
    await connection.write(`${body}|${stream}`);
    connection.end();
  });
  const head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n";
  for (const pieces of [
    [`${head}Content-Length: 4\r\n\r\nbodystream`],
    [`${head}Content-Length: 4\r\n\r\nbo`, "dystr", "eam"],
    [`${head}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\nstream`],
    [`${head}Transfer-Encoding: chunked\r\n\r\n4\r\nbo`, "dy\r\n0\r\n\r\nst", "ream"],
  ]) {
    const [first = "", ...rest] = pieces;
    const socket = await server.open(first);
    const answer = collect(socket);
    for (const piece of rest) {
      await Bun.sleep(20);
      socket.write(piece);
    }
    socket.end();
    expect(await answer.ended).toBe("HTTP/1.1 101 UPGRADED\r\n\r\nbody|stream");
  }
});

test("a hijack without upgrade survives bytes that the parser cannot read", async () => {
  const end = deferred<void>();
  await using server = await serve(async (_request, reply) => {
    const connection = reply.hijack("HTTP/1.1 200 OK\r\n\r\n");
    await connection.write("before ");
    await end.promise;
    await connection.write("after");
    connection.end();
  });
  const socket = await server.open("POST / HTTP/1.1\r\nHost: x\r\n\r\n");
  const answer = collect(socket);
  await Bun.sleep(30);
  socket.write("\x01\x02 not http");
  await Bun.sleep(30);
  end.resolve();
  expect(await answer.ended).toBe("HTTP/1.1 200 OK\r\n\r\nbefore after");
});

test("500 connections are taken over at once and none is lost", async () => {
  await using server = await serve(async (_request, reply) => {
    const connection = reply.hijack("HTTP/1.1 101 UPGRADED\r\n\r\n");
    for await (const bytes of connection.input) await connection.write(bytes);
    connection.end();
  });
  const answers = Array.from({ length: 500 }, async (_, index) => {
    const socket = await server.open("POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    const answer = collect(socket);
    socket.end(`number ${String(index)}`);
    return (await answer.ended).endsWith(`\r\n\r\nnumber ${String(index)}`);
  });
  expect((await Promise.all(answers)).every(Boolean)).toBe(true);
});

test("long bodies and heads are refused, and a handler that throws is answered", async () => {
  const requests: HttpRequest[] = [];
  await using server = await serve(async (request, reply) => {
    requests.push(request);
    if (request.path === "/throw") throw new Error("a bug");
    try {
      await request.readBody(10);
    } catch (error) {
      reply.send(400, { type: "text/plain", bytes: String(error) });
    }
  });
  const ask = async (text: string): Promise<string> => {
    const socket = await server.open(text);
    const answer = await collect(socket).ended;
    socket.destroy();
    return answer;
  };
  expect(await ask("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 11\r\n\r\n12345678901")).toContain(
    "larger than 10 bytes",
  );
  expect(
    await ask("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n"),
  ).toContain("larger than 10 bytes");
  expect(await ask("GET /throw HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).toStartWith("HTTP/1.1 500 ");
  expect(await ask("nonsense\r\n\r\n")).toStartWith("HTTP/1.1 400 Bad Request\r\n");
  expect(requests.length).toBe(3);
});

test("TLS asks for a client certificate of its authority", async () => {
  const openssl = Bun.which("openssl");
  if (openssl === null) throw new Error("openssl is needed for this test");
  const run = (...words: string[]): void => {
    const done = Bun.spawnSync([openssl, ...words], { cwd: folder, stderr: "pipe" });
    if (done.exitCode !== 0) throw new Error(done.stderr.toString());
  };
  run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca", "-days", "2");
  for (const name of ["server", "client"]) {
    run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", "/CN=localhost");
    run("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", `${name}.pem`, "-days", "2");
  }
  chmodSync(join(folder, "ca.key"), 0o600);
  const file = (name: string): string => join(folder, name);
  const { loadTls } = await import("../index.ts");
  const tls = loadTls({ certificate: file("server.pem"), key: file("server.key"), clientAuthority: file("ca.pem") });
  const [listener] = await listen(options(ok, { address: { kind: "tcp", host: "127.0.0.1", port: 0 }, tls }));
  const url = listener?.address.replace("tcp", "https") ?? "";
  const client = {
    cert: readFileSync(file("client.pem")),
    key: readFileSync(file("client.key")),
    ca: readFileSync(file("ca.pem")),
    checkServerIdentity: () => undefined,
  };
  expect(await (await fetch(url, { tls: client } as RequestInit)).text()).toBe("fine");
  expect(
    fetch(url, { tls: { ca: client.ca, checkServerIdentity: () => undefined } } as RequestInit).then((answer) => answer.text()),
  ).rejects.toThrow();
  await Bun.sleep(50);
  await listener?.close(50);
  expect(() => loadTls({ certificate: "/nonexistent", key: "/nonexistent", clientAuthority: null })).toThrow(
    "could not read TLS certificate /nonexistent",
  );
});

test("the end of a listener ends streams at once, and waits for answers no longer than they take", async () => {
  const aborted: string[] = [];
  const handler: HttpHandler = async (request, reply) => {
    if (request.path === "/slow") {
      await Bun.sleep(100);
      reply.send(200, { type: "text/plain", bytes: "whole" });
      return;
    }
    if (request.path === "/stream") {
      const sink = reply.stream(200, "text/plain");
      await new Promise<void>((resolve) => request.signal.addEventListener("abort", () => resolve()));
      aborted.push("stream");
      sink.end();
      return;
    }
    const connection = reply.hijack("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    await new Promise<void>((resolve) => connection.signal.addEventListener("abort", () => resolve()));
    aborted.push("hijack");
  };
  const head = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
  const following = await serve(handler);
  const stream = collect(await following.open(head("/stream")));
  const taken = collect(await following.open(head("/take", "Connection: Upgrade\r\nUpgrade: tcp\r\n")));
  await Bun.sleep(50);
  let began = performance.now();
  await following.listener.close(10_000);
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(await stream.ended).toEndWith("0\r\n\r\n");
  expect(await taken.ended).toEndWith("\r\n\r\n");
  expect(aborted.sort()).toEqual(["hijack", "stream"]);

  const answering = await serve(handler);
  const slow = collect(await answering.open(head("/slow")));
  await Bun.sleep(30);
  began = performance.now();
  await answering.listener.close(10_000);
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(await slow.ended).toEndWith("whole");
});
