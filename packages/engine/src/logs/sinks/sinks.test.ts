import { afterAll, beforeAll, expect, test } from "bun:test";
import { fail, newId } from "@berth/base";
import { openKernel } from "@berth/linux";
import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { type ForwardEntry, SinkFailure } from "../forward/entry.ts";
import { encodeFields, entryFields, journalField } from "./journald/message.ts";
import { jsonAttributes, jsonLine } from "./json-file/message.ts";
import { syslogFormatter } from "./syslog/message.ts";
import { syslogOpener } from "./syslog/open.ts";
import { syslogAddress, syslogFacility } from "./syslog/options.ts";

const timeNs = BigInt(Date.UTC(2026, 0, 2, 3, 4, 5)) * 1_000_000n + 123_456_789n;

function entry(text: string, more: Partial<ForwardEntry> = {}): ForwardEntry {
  return { stream: "stdout", timeNs, text: Buffer.from(text), piece: null, ordinal: 1, ...more };
}

const stamp = (() => {
  const date = new Date(Number(timeNs / 1_000_000n));
  const two = (number: number): string => String(number).padStart(2, "0");
  return `Jan  ${date.getDate()} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
})();

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-sinks-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("syslog messages in each format", () => {
  const write = (format: "unix" | "rfc3164" | "rfc5424" | "rfc5424micro", counted = false): string =>
    Buffer.from(syslogFormatter({ format, facility: 16, tag: "web", hostname: "host", pid: 7, counted })(entry("é <x>"))).toString();
  expect(write("unix")).toBe(`<134>${stamp} web[7]: é <x>\n`);
  expect(write("rfc3164")).toBe(`<134>${stamp} host web[7]: é <x>\n`);
  expect(write("rfc5424")).toMatch(/^<134>1 2026-01-0\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d) host web 7 web - é <x>\n$/);
  expect(write("rfc5424micro")).toMatch(/T\d\d:\d\d:\d\d\.123456(Z|[+-])/);
  const counted = write("rfc5424", true);
  expect(counted).toBe(`${Buffer.byteLength(write("rfc5424"))} ${write("rfc5424")}`);
  const errors = syslogFormatter({ format: "unix", facility: 3, tag: "t", hostname: "h", pid: 1, counted: false });
  expect(Buffer.from(errors(entry("x", { stream: "stderr" }))).toString()).toStartWith("<27>");
});

test("addresses and facilities", () => {
  const at = (address: string): unknown => syslogAddress({ "syslog-address": address });
  expect(at("")).toBeNull();
  expect(at("udp://log.example")).toEqual({ transport: "udp", host: "log.example", port: 514 });
  expect(at("tcp+tls://[::1]:6514")).toEqual({ transport: "tcp+tls", host: "::1", port: 6514 });
  expect(at("unix:///dev/l%20og")).toEqual({ transport: "unix", path: "/dev/l og" });
  for (const bad of ["log.example", "http://x", "tcp://a:b", "tcp://a:99999", "unix:///%zz"]) expect(() => at(bad)).toThrow();
  expect(syslogFacility({})).toBe(3);
  expect(syslogFacility({ "syslog-facility": "local7" })).toBe(23);
  expect(syslogFacility({ "syslog-facility": "authpriv" })).toBe(10);
  for (const bad of ["local8", "24", "-1", "Mail"])
    expect(() => syslogFacility({ "syslog-facility": bad })).toThrow("invalid syslog facility");
});

test("the native journal protocol: a value with a newline has its length before it", () => {
  expect(encodeFields({ A: "b", C: "d\ne" })).toEqual(
    Buffer.concat([Buffer.from("A=b\nC\n"), Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]), Buffer.from("d\ne\n")]),
  );
  const piece = entryFields(entry("x", { stream: "stderr", ordinal: 9, piece: { id: "i", ordinal: 2, last: false } })).toString();
  expect(piece).toBe(
    "MESSAGE=x\nPRIORITY=3\nSYSLOG_TIMESTAMP=2026-01-02T03:04:05.123456789Z\nCONTAINER_LOG_ORDINAL=9\n" +
      "CONTAINER_PARTIAL_ID=i\nCONTAINER_PARTIAL_ORDINAL=2\nCONTAINER_PARTIAL_LAST=false\nCONTAINER_PARTIAL_MESSAGE=true\n",
  );
  expect(journalField("com.example.App-1")).toBe("COM_EXAMPLE_APP_1");
  expect(journalField("__x")).toBe("X");
  expect(journalField("._.")).toBeNull();
});

test("lines of a json-file are what Docker writes", () => {
  expect(jsonLine(entry("a\tb\u2028\u007f"), "")).toBe(
    '{"log":"a\\u0009b\\u2028\u007f\\n","stream":"stdout","time":"2026-01-02T03:04:05.123456789Z"}\n',
  );
  const binary = jsonLine(entry("", { text: Uint8Array.of(0x41, 0xff, 0), piece: { id: "i", ordinal: 1, last: false } }), "");
  expect(JSON.parse(binary)).toMatchObject({ log: "A\ufffd\0" });
  expect(jsonAttributes({ b: "2", a: '"' })).toBe('{"a":"\\"","b":"2"}');
  expect(jsonAttributes({})).toBe("");
});

function open(config: Readonly<Record<string, string>>) {
  const opener = syslogOpener({ config, tag: "t", hostname: "h", kernel: openKernel() });
  return opener({ mark: null, epoch: newId(), signal: new AbortController().signal });
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error ? error : fail("internal", String(error));
  }
  throw fail("internal", "it did not fail");
}

async function openssl(...words: string[]): Promise<void> {
  const child = Bun.spawn(["openssl", ...words], { stdio: ["ignore", "ignore", "ignore"] });
  if ((await child.exited) !== 0) throw fail("internal", `openssl ${words[0] ?? ""} failed`);
}

test("TLS: only to the receiver that is meant, each message with its length", async () => {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  await openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, "-keyout", key, "-out", cert);
  let text = "";
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    socket.on("error", () => undefined).on("data", (piece: Buffer) => (text += piece.toString()));
  });
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `tcp+tls://localhost:${(server.address() as AddressInfo).port}`;
  const config = { "syslog-address": address, "syslog-format": "rfc5424" };
  try {
    expect((await failureOf(open(config))).message).toMatch(/certificate|self.signed/i);
    const { sink } = await open({ ...config, "syslog-tls-ca-cert": cert });
    await sink.send([entry("one"), entry(""), entry("two")], new AbortController().signal);
    sink.close();
    const careless = await open({ ...config, "syslog-tls-skip-verify": "true" });
    await careless.sink.send([entry("three")], new AbortController().signal);
    careless.sink.close();
    for (const end = performance.now() + 10_000; !text.includes("three") && performance.now() < end; ) await Bun.sleep(10);
    expect(text).toMatch(/^(\d+) <30>1 \S+ h t \d+ t - one\n\d+ <30>1 \S+ h t \d+ t - two\n\d+ <30>1 \S+ h t \d+ t - three\n$/);
  } finally {
    server.close();
  }
});

test("UDP: each message is a datagram; a receiver that is gone shows at the next message", async () => {
  const receiver = createSocket("udp4");
  const texts: string[] = [];
  receiver.on("message", (message) => texts.push(message.toString()));
  await new Promise<void>((resolve) => receiver.bind(0, "127.0.0.1", () => resolve()));
  const { sink } = await open({ "syslog-address": `udp://127.0.0.1:${receiver.address().port}` });
  const { signal } = new AbortController();
  await sink.send([entry("one"), entry("two")], signal);
  for (const end = performance.now() + 10_000; texts.length < 2 && performance.now() < end; ) await Bun.sleep(10);
  expect(texts.map((text) => text.replace(/^.*: /, ""))).toEqual(["one\n", "two\n"]);
  receiver.close();
  let failure: unknown = null;
  for (const end = performance.now() + 10_000; failure === null && performance.now() < end; await Bun.sleep(20)) {
    failure = await sink.send([entry("lost")], signal).then(
      () => null,
      (error: unknown) => error,
    );
  }
  expect(failure).toBeInstanceOf(SinkFailure);
  sink.close();
});

test("nobody there: a refused connection and a missing socket are told", async () => {
  const free = createSocket("udp4");
  await new Promise<void>((resolve) => free.bind(0, "127.0.0.1", () => resolve()));
  const { port } = free.address();
  free.close();
  expect((await failureOf(open({ "syslog-address": `tcp://127.0.0.1:${port}` }))).message).toMatch(/ECONNREFUSED|connect/i);
  writeFileSync(join(folder, "file"), "");
  expect((await failureOf(open({ "syslog-address": `unix://${join(folder, "file")}` }))).message).toMatch(/ECONNREFUSED|refused/i);
  expect((await failureOf(open({ "syslog-address": `unixgram://${join(folder, "missing")}` }))).message).toMatch(/no such file|ENOENT/i);
});
