import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import path from "node:path";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import type { EngineApi } from "../harness/engine-api.ts";
import { loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openSandbox, type Sandbox, until } from "../harness/sandbox.ts";
import { connect, type RawConnection, request } from "./raw.ts";

/** What a client tells of its end. */
interface Told {
  readonly code: number;
  readonly wasClean: boolean;
  readonly kind: string;
  readonly bytes: number;
  readonly text: string;
}

const port = 23_751;
const client = path.join(import.meta.dir, "websocket-client.ts");
let sandbox: Sandbox;
let engine: RunningEngine;
let api: EngineApi;
const open = new Set<RawConnection>();

beforeAll(async () => {
  sandbox = await openSandbox("websocket");
  engine = await startBerth(sandbox, { flags: ["-H", `tcp://127.0.0.1:${port}`] });
  api = engine.api.at("v1.51");
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
}, 60_000);
afterEach(async () => {
  for (const connection of open) connection.destroy();
  open.clear();
  for (const { Id } of (await api.get("/containers/json?all=1")).json<{ Id: string }[]>()) await api.delete(`/containers/${Id}?force=1`);
});
afterAll(async () => {
  await engine?.stop();
  await sandbox?.close();
}, 30_000);

async function started(name: string, body: object): Promise<void> {
  const answer = await api.post(`/containers/create?name=${name}`, { Image: "busybox", ...body });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  expect((await api.post(`/containers/${name}/start`)).status).toBe(204);
}

/** Runs a browser-like client to the end of its connection. */
async function browse(where: string, ...messages: readonly string[]): Promise<Told> {
  const [pace, ...rest] = messages[0] === "slow" ? messages : ["-", ...messages];
  const address = `ws://127.0.0.1:${port}${where}`;
  const { code, stdout, stderr } = await sandbox.run([process.execPath, client, address, pace ?? "-", ...rest], { timeoutMs: 50_000 });
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Told;
}

const key = "dGhlIHNhbXBsZSBub25jZQ==";
const asking = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key };

/** Asks for a WebSocket by hand; the connection after the answer's head. */
async function dial(where: string, headers: Readonly<Record<string, string>> = asking): Promise<RawConnection> {
  const connection = await connect({ path: engine.socket });
  open.add(connection);
  connection.write(request(`GET ${where}`, headers));
  await connection.waitFor((text) => text.includes("\r\n\r\n"), "head");
  return connection;
}

function bodyOf(text: string): Buffer {
  return Buffer.from(text.slice(text.indexOf("\r\n\r\n") + 4), "latin1");
}

/** A client's frame, masked. */
function frame(first: number, payload: string | Uint8Array, change: { readonly masked?: boolean } = {}): Buffer {
  const bytes = Buffer.from(payload);
  const mask = Buffer.from([1, 2, 3, 4]);
  const masked = change.masked !== false;
  const head = Buffer.alloc(bytes.length < 126 ? 2 : 4);
  head[0] = first;
  head[1] = (masked ? 0x80 : 0) | Math.min(bytes.length, 126);
  if (bytes.length >= 126) head.writeUInt16BE(bytes.length, 2);
  return Buffer.concat(masked ? [head, mask, bytes.map((byte, index) => byte ^ (mask[index & 3] ?? 0))] : [head, bytes]);
}

test("a browser's WebSocket talks with cat, and leaves", async () => {
  await started("cat", { Cmd: ["cat"], OpenStdin: true });
  const told = browse("/v1.51/containers/cat/attach/ws?stream=1&stdin=1&stdout=1", "hello\n", "world\n");
  await until(async () => (await api.get("/containers/cat/logs?stdout=1")).text.includes("world"), 20_000, "the input did not arrive");
  await api.post("/containers/cat/kill");
  expect(await told).toEqual({ code: 1000, wasClean: true, kind: "binary", bytes: 12, text: "hello\nworld\n" });
  await started("dog", { Cmd: ["cat"], OpenStdin: true });
  expect(await browse("/v1.51/containers/dog/attach/ws?stream=1&stdin=1&stdout=1", "CLOSE")).toMatchObject({ code: 1000, wasClean: true });
  expect((await api.get("/containers/dog/json")).json<{ State: { Running: boolean } }>().State.Running).toBe(true);
}, 60_000);

test("old versions get text, all streams, and only whole characters", async () => {
  const Cmd = ["sh", "-c", "read line; printf '\\303'; sleep 0.2; printf '\\244 %s' $line; echo error >&2"];
  await started("old", { Cmd, OpenStdin: true });
  const told = await browse("/v1.27/containers/old/attach/ws?stream=1", "go\n");
  expect(told).toMatchObject({ code: 1000, kind: "text" });
  expect(told.text).toContain("ä go");
  expect(told.text).toContain("error\n");
}, 60_000);

test("a slow client gets everything, and the container does not wait for it", async () => {
  const Cmd = ["sh", "-c", "read line; dd if=/dev/zero bs=1M count=64 2>/dev/null; echo finished >&2"];
  await started("big", { Cmd, OpenStdin: true });
  const told = browse("/v1.51/containers/big/attach/ws?stream=1&stdin=1&stdout=1", "slow", "go\n");
  expect(await told).toMatchObject({ code: 1000, bytes: 64 * 1024 * 1024 });
  const memoryKb = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${engine.process.pid}/status`, "utf8"))?.[1];
  expect(Number(memoryKb)).toBeLessThan(400 * 1024);
}, 90_000);

test("detach keys end the attachment, not the container", async () => {
  await started("keys", { Cmd: ["cat"], OpenStdin: true, Tty: true });
  const told = await browse("/v1.51/containers/keys/attach/ws?stream=1&stdin=1&stdout=1&detachKeys=ctrl-a", "\x01");
  expect(told).toMatchObject({ code: 1000, wasClean: true });
  expect((await api.get("/containers/keys/json")).json<{ State: { Running: boolean } }>().State.Running).toBe(true);
}, 60_000);

test("the handshake is checked; what is refused is plain HTTP", async () => {
  await started("web", { Cmd: ["sleep", "600"] });
  const where = "/containers/web/attach/ws?stream=1";
  const refused = async (path_: string, headers: Readonly<Record<string, string>>): Promise<string> =>
    (await dial(path_, headers)).waitFor((text) => text.endsWith("}\n"), "refusal");
  expect(await refused(where, {})).toStartWith("HTTP/1.1 400 ");
  expect(await refused(where, { ...asking, "Sec-WebSocket-Version": "8" })).toContain("Berth speaks version 13");
  expect(await refused(where, { ...asking, "Sec-WebSocket-Key": "short" })).toStartWith("HTTP/1.1 400 ");
  expect(await refused(where, { ...asking, Origin: "http://evil.example" })).toStartWith("HTTP/1.1 403 ");
  expect(await refused(where, { ...asking, Origin: "null" })).toStartWith("HTTP/1.1 403 ");
  expect(await refused("/containers/nope/attach/ws?stream=1", asking)).toStartWith("HTTP/1.1 404 ");
  expect(await refused(`${where}&detachKeys=ctrl-zz`, asking)).toContain("Invalid detach keys (ctrl-zz) provided");
  const accepted = (await dial(where, { ...asking, Origin: "http://docker" })).text();
  expect(accepted).toStartWith("HTTP/1.1 101 ");
  // The example of RFC 6455, 1.3.
  expect(accepted).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
});

test("pings are answered, pieces are put together, breaches end the connection with 1002", async () => {
  await started("echo", { Cmd: ["cat"], OpenStdin: true });
  const where = "/containers/echo/attach/ws?stream=1&stdin=1&stdout=1";
  const good = await dial(where);
  good.write(frame(0x89, "are you there"));
  await good.waitFor((text) => bodyOf(text).toString("latin1").includes("\x8a\x0dare you there"), "pong");
  // A message in three pieces, byte by byte, with a ping between them.
  const pieces = Buffer.concat([frame(0x01, "one "), frame(0x00, "two "), frame(0x89, ""), frame(0x80, `${"x".repeat(300)}\n`)]);
  for (const byte of pieces) good.write(Uint8Array.of(byte));
  // cat writes as it reads: the pieces come back as messages of their own.
  const echoed = (text: string): boolean => text.endsWith("x\n") && text.split("x").length === 301 && /one .*two /s.test(text);
  await good.waitFor((text) => echoed(bodyOf(text).toString("latin1")), "echo");
  good.write(frame(0x88, Buffer.from([0x03, 0xe8])));
  await good.waitFor(
    (text) =>
      bodyOf(text)
        .subarray(-4)
        .equals(Buffer.from([0x88, 2, 0x03, 0xe8])),
    "close",
  );
  await good.end();
  const huge = Buffer.alloc(14, 0xff);
  huge[0] = 0x82;
  for (const bytes of [
    frame(0x82, "not masked", { masked: false }),
    frame(0xc2, "reserved bit"),
    frame(0x83, "reserved opcode"),
    frame(0x09, "ping in pieces"),
    frame(0x89, "x".repeat(200)),
    frame(0x80, "continues nothing"),
    Buffer.concat([frame(0x01, "begins"), frame(0x81, "begins again")]),
    frame(0x88, Buffer.from([0x03, 0xed])),
    frame(0x88, Buffer.from([1])),
    huge,
  ]) {
    const bad = await dial(where);
    bad.write(bytes);
    await bad.waitFor((text) => bodyOf(text).includes(Buffer.from([0x03, 0xea])), bytes.toString("hex"));
    await bad.end();
  }
  expect((await api.get("/containers/echo/json")).json<{ State: { Running: boolean } }>().State.Running).toBe(true);
  expect((await api.get("/info")).status).toBe(200);
}, 60_000);

test("a client that vanishes leaves nothing behind, also in the middle of a frame", async () => {
  await started("left", { Cmd: ["cat"], OpenStdin: true });
  const descriptors = async (): Promise<number> =>
    Number((await sandbox.run(["sh", "-c", `ls /proc/$(cat ${engine.execRoot}/../pid)/fd | wc -l`])).stdout);
  const before = await descriptors();
  for (let count = 0; count < 20; count++) {
    const connection = await dial("/containers/left/attach/ws?stream=1&stdin=1&stdout=1");
    connection.write(frame(0x82, "half a frame").subarray(0, count));
    connection.destroy();
  }
  await until(async () => (await descriptors()) <= before + 1, 20_000, "connections are left");
}, 60_000);
