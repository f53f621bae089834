import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { OutputChunk, StreamSession } from "./ports.ts";
import { collect, openSandbox, type Sandbox } from "./testing/sandbox.ts";

const MIB = 1024 * 1024;
let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox({ queueLimits: { memoryBytes: MIB, spoolBytes: 64 * MIB } });
});
afterAll(() => box.close());

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Reads until the text of stdout and stderr holds `wanted`. */
async function readUntil(reader: AsyncIterator<OutputChunk>, wanted: string): Promise<string> {
  let text = "";
  while (!text.includes(wanted)) {
    const next = await reader.next();
    if (next.done === true) return text;
    text += Buffer.from(next.value.bytes).toString();
  }
  return text;
}

async function opened(
  command: readonly string[],
  config: { readonly OpenStdin?: boolean; readonly StdinOnce?: boolean; readonly Tty?: boolean } = {},
): Promise<{ id: string; session: StreamSession; pid: number }> {
  const { id, process } = await box.create({ config: { Cmd: [...command], ...config } });
  const session = box.runtime.attach(id, { tty: config.Tty === true });
  await box.runtime.start(id);
  return { id, session, pid: process.pid };
}

test("100 MB out, on both streams", async () => {
  const size = 50;
  const { id, session } = await opened([
    "sh",
    "-c",
    `dd if=/dev/zero bs=1M count=${size} 2>/dev/null; dd if=/dev/zero bs=1M count=${size} >&2 2>/dev/null; dd if=/dev/zero of=/dev/stderr bs=1M count=${size} 2>/dev/null`,
  ]);
  const totals = { 1: 0, 2: 0 };
  for await (const chunk of session.output) totals[chunk.stream] += chunk.bytes.length;
  expect(totals).toEqual({ 1: size * MIB, 2: size * MIB });
  expect((await box.exit(id)).exitCode).toBe(0);
  await box.runtime.delete(id);
}, 60_000);

test("100 MB in, and the end of stdin with its client (StdinOnce)", async () => {
  const { id, session } = await opened(["wc", "-c"], { OpenStdin: true, StdinOnce: true });
  const output = collect(session.output);
  const block = new Uint8Array(MIB).fill(97);
  for (let each = 0; each < 100; each++) await session.write(block);
  session.closeInput();
  expect(Number((await output).stdout)).toBe(100 * MIB);
  expect((await box.exit(id)).exitCode).toBe(0);
  await box.runtime.delete(id);
}, 60_000);

test("stdin that stays open (OpenStdin alone) outlives its clients", async () => {
  const { id, session, pid } = await opened(["cat"], { OpenStdin: true });
  await session.write(bytes("one\n"));
  expect(await readUntil(session.output[Symbol.asyncIterator](), "one\n")).toBe("one\n");
  session.closeInput();
  session.close();
  await Bun.sleep(50);
  const second = box.runtime.attach(id, { tty: false });
  await second.write(bytes("two\n"));
  expect(await readUntil(second.output[Symbol.asyncIterator](), "two\n")).toBe("two\n");
  second.close();
  box.kernel.kill(pid, 9);
  await box.exit(id);
  await box.runtime.delete(id);
});

test("two clients see the same, one leaves, the other stays", async () => {
  const { id, session } = await opened(["cat"], { OpenStdin: true, StdinOnce: true });
  const other = box.runtime.attach(id, { tty: false });
  const readers = [session, other].map((each) => each.output[Symbol.asyncIterator]());
  await other.write(bytes("hello\n"));
  for (const reader of readers) expect(await readUntil(reader, "hello\n")).toBe("hello\n");
  other.close();
  await session.write(bytes("again\n"));
  const [first] = readers;
  if (first !== undefined) expect(await readUntil(first, "again\n")).toBe("again\n");
  session.closeInput();
  expect((await box.exit(id)).exitCode).toBe(0);
  await box.runtime.delete(id);
});

test("a client that does not read stalls nothing, and gets everything later", async () => {
  const size = 40;
  const { id, session } = await opened(["sh", "-c", `dd if=/dev/zero bs=1M count=${size} 2>/dev/null; echo done`]);
  expect((await box.exit(id)).exitCode).toBe(0);
  expect(box.log(id)).toContain("stdout F done");
  let total = 0;
  for await (const chunk of session.output) total += chunk.bytes.length;
  expect(total).toBe(size * MIB + 5);
  await box.runtime.delete(id);
}, 60_000);

test("the bytes of a slow client are the right ones, in order", async () => {
  const content = randomBytes(30 * MIB);
  writeFileSync(path.join(box.rootfs, "content"), content);
  const { id, session } = await opened(["cat", "/content"]);
  const hash = createHash("sha256");
  let count = 0;
  for await (const chunk of session.output) {
    hash.update(chunk.bytes);
    // Sometimes slower than the container, sometimes not: through memory, the spool, and back.
    if (count++ % 500 === 0) await Bun.sleep(count > 2000 ? 0 : 20);
  }
  expect(hash.digest("hex")).toBe(createHash("sha256").update(content).digest("hex"));
  await box.exit(id);
  await box.runtime.delete(id);
}, 60_000);

test("a client that is too far behind is cut off and told so", async () => {
  const { id, session } = await opened(["dd", "if=/dev/zero", "bs=1M", "count=90"]);
  expect((await box.exit(id)).exitCode).toBe(0);
  let total = 0;
  let last = "";
  for await (const chunk of session.output) {
    total += chunk.bytes.length;
    last = Buffer.from(chunk.bytes).toString();
  }
  expect(total).toBeGreaterThan(60 * MIB);
  expect(total).toBeLessThan(67 * MIB);
  expect(last).toContain("was cut off");
  await box.runtime.delete(id);
}, 60_000);

test("output with a client that leaves goes on into the log", async () => {
  const { id, session } = await opened(["sh", "-c", "echo first; sleep 0.2; echo last"]);
  expect(await readUntil(session.output[Symbol.asyncIterator](), "first")).toContain("first");
  session.close();
  await box.exit(id);
  expect(box.log(id)).toContain("last");
  await box.runtime.delete(id);
});

test("a terminal: echo, size, control characters", async () => {
  const { id, session } = await opened(["sh"], { Tty: true, OpenStdin: true, StdinOnce: true });
  const reader = session.output[Symbol.asyncIterator]();
  box.runtime.resize(id, 33, 77);
  await session.write(bytes("sleep 0.1; stty size; test -t 0 && echo is-a-$((40+2))-tty\n"));
  const text = await readUntil(reader, "is-a-42-tty");
  expect(text).toContain("33 77");
  session.closeInput();
  await session.write(bytes("exit 5\n"));
  expect((await box.exit(id)).exitCode).toBe(5);
  await box.runtime.delete(id);
});

test("the log moves to a new file without losing a line", async () => {
  const { id, session } = await opened(["sh", "-c", "i=0; while [ $i -lt 2000 ]; do echo line$i; i=$((i+1)); done; sleep 0.3; echo end"]);
  session.close();
  const file = path.join(box.folder, "logs", id, "container.log");
  while (statSync(file).size < 1000) await Bun.sleep(1);
  renameSync(file, `${file}.1`);
  box.runtime.reopenLogs(id);
  await box.exit(id);
  const old = await Bun.file(`${file}.1`).text();
  // A line that did not fit into one read of conmon's is written in parts, P and at last F.
  const parts = [...(old + box.log(id)).matchAll(/^\S+ stdout ([PF]) (.*)$/gm)];
  const lines = parts
    .map(([, kind = "", text = ""]) => text + (kind === "F" ? "\n" : ""))
    .join("")
    .trim()
    .split("\n");
  expect(lines).toEqual([...Array.from({ length: 2000 }, (_each, index) => `line${index}`), "end"]);
  expect(box.log(id)).toContain("F end");
  await box.runtime.delete(id);
});

test("control of a container that has ended is a conflict, not a hang", async () => {
  const { id } = await opened(["true"]);
  await box.exit(id);
  await Bun.sleep(50);
  expect(() => box.runtime.resize(id, 10, 10)).toThrow("has ended");
  expect(() => box.runtime.attach("f".repeat(64), { tty: false })).toThrow("is not running");
  await box.runtime.delete(id);
});
