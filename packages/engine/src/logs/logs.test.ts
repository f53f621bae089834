import { expect, setSystemTime, test } from "bun:test";
import { silentLogger, systemClock } from "@berth/base";
import { openKernel } from "@berth/linux";
import { createFakeKernel } from "@berth/linux/testing";
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerRecord } from "../containers/record.ts";
import type { LogEntry, LogOptions } from "../ports.ts";
import { logFiles } from "./files.ts";
import { parseLine } from "./parse-line.ts";
import { QuietLogs } from "./quiet-logs.ts";
import { readLogs } from "./read-logs.ts";
import { readHost } from "../system/host.ts";
import { LogRotation } from "./rotation.ts";

const base = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Line `n` of a log: one second apart. */
function line(n: number, text = `line ${n}`, options: { readonly stream?: string; readonly tag?: string } = {}): string {
  const stamp = new Date(base + n * 1000).toISOString().slice(0, 19);
  return `${stamp}.${String(n).padStart(9, "0")}+00:00 ${options.stream ?? "stdout"} ${options.tag ?? "F"} ${text}\n`;
}

function at(n: number): bigint {
  return BigInt(base + n * 1000) * 1_000_000n + BigInt(n);
}

interface World extends Disposable {
  readonly quiet: QuietLogs;
  readonly file: string;
  alive: boolean;
  readonly rotation: LogRotation;
  /** What the rotation cut off at the beginning of files. */
  readonly freed: number[];
  /** How often the monitor was told to open a new file. */
  reopened: number;
  open(options?: Partial<LogOptions>): Promise<AsyncIterable<readonly LogEntry[]>>;
  read(options?: Partial<LogOptions>): Promise<string[]>;
}

function makeWorld({ pollMs = 1_000_000 }: { readonly pollMs?: number } = {}): World {
  const dataRoot = mkdtempSync(join(tmpdir(), "berth-logs-"));
  const folder = join(dataRoot, "containers", "x", "log");
  Bun.spawnSync(["mkdir", "-p", folder]);
  const quiet = new QuietLogs({ kernel: openKernel(), log: silentLogger() });
  const world: World = {
    quiet,
    file: join(folder, "container.log"),
    alive: false,
    freed: [],
    reopened: 0,
    rotation: new LogRotation({
      reopen: () => {
        world.reopened++;
        writeFileSync(world.file, "");
      },
      pathOf: () => world.file,
      blocking: {
        freeHead: async (_path, { bytes }) => {
          world.freed.push(bytes);
        },
      },
      quiet,
      log: silentLogger(),
      pollMs,
    }),
    async open(options = {}) {
      const record = (): ContainerRecord =>
        ({
          id: "x",
          config: { Tty: false, Labels: {}, Env: [] },
          hostConfig: { LogConfig: { Type: "json-file", Config: {} } },
          life: world.alive ? { status: "running", process: {} } : { status: "exited" },
        }) as unknown as ContainerRecord;
      const records = { lookup: record, get: record } as unknown as Parameters<typeof readLogs>[0]["records"];
      const all = { stdout: true, stderr: true, follow: false, sinceNs: null, untilNs: null, tail: null };
      return (
        await readLogs({ records, dataRoot, rotation: world.rotation, clock: systemClock(), host: readHost() }, "x", {
          ...all,
          signal: new AbortController().signal,
          ...options,
        })
      ).entries;
    },
    async read(options = {}) {
      const texts: string[] = [];
      for await (const block of await world.open(options)) for (const entry of block) texts.push(Buffer.from(entry.bytes).toString());
      return texts;
    },
    [Symbol.dispose]: () => {
      world.rotation.close();
      rmSync(dataRoot, { recursive: true, force: true });
    },
  };
  return world;
}

test("a line is taken apart, a torn one is none", () => {
  const parsed = parseLine(Buffer.from(line(7).trimEnd()));
  expect(parsed).toMatchObject({ stream: "stdout", partial: false, timeNs: at(7) });
  expect(Buffer.from(parsed?.text ?? []).toString()).toBe("line 7");
  for (const bad of ["", "x", line(7).slice(0, 40), line(7).replace("stdout", "stdxxx"), line(7).replace(" F ", " Q ")]) {
    expect(parseLine(Buffer.from(bad))).toBeNull();
  }
});

test("streams, partial lines, and a last line without its end", async () => {
  using world = makeWorld();
  writeFileSync(
    world.file,
    line(1, "one, ", { tag: "P" }) +
      line(2, "error", { stream: "stderr" }) +
      line(3, "whole") +
      line(4, "") +
      line(5, "open end", { tag: "P" }),
  );
  expect(await world.read()).toEqual(["error\n", "one, whole\n", "\n", "open end"]);
  expect(await world.read({ stdout: false })).toEqual(["error\n"]);
  expect(await world.read({ tail: 2 })).toEqual(["\n", "open end"]);
  expect(await world.read({ tail: 0 })).toEqual([]);
  await expect(world.open({ stdout: false, stderr: false })).rejects.toThrow("Bad parameters: you must choose at least one stream");
});

test("a line whose pieces lie in different blocks of the file is whole", async () => {
  using world = makeWorld();
  const left = (n: number): string => line(n, `left ${String(n).padStart(5, "0")}|`, { tag: "P" });
  const pair = (n: number): string => left(n) + line(n, `right ${n}`.padEnd(20, "."));
  // The first block that is read ends five bytes behind a left piece.
  const blockBytes = 128 * 1024;
  const firstBytes = (blockBytes - left(0).length - 5) % pair(0).length;
  let text = line(0, "x".repeat(firstBytes + pair(0).length - line(0, "").length));
  let n = 0;
  while (text.length < 3 * blockBytes) text += pair(n++);
  writeFileSync(world.file, text);
  const lines = (await world.read()).slice(1);
  expect(lines.length).toBe(n);
  expect(lines).toEqual(lines.map((_, index) => `left ${String(index).padStart(5, "0")}|${`right ${index}`.padEnd(20, ".")}\n`));
});

test("tail, since and until across rotated files, also of large ones", async () => {
  using world = makeWorld();
  const many = (from: number, to: number): string => {
    let text = "";
    for (let n = from; n < to; n++) text += line(n, `line ${n} ${"x".repeat(50)}`);
    return text;
  };
  writeFileSync(`${world.file}.2`, many(0, 3000));
  writeFileSync(`${world.file}.1`, many(3000, 6000));
  writeFileSync(world.file, many(6000, 6010));
  const numbers = async (options: Partial<LogOptions>): Promise<number[]> =>
    (await world.read(options)).map((text) => Number(text.split(" ")[1]));
  expect(await numbers({ tail: 3 })).toEqual([6007, 6008, 6009]);
  expect((await numbers({ tail: 20 })).length).toBe(20);
  expect((await numbers({ tail: 4000 }))[0]).toBe(2010);
  expect(await numbers({ tail: 0 })).toEqual([]);
  expect((await numbers({})).length).toBe(6010);
  expect((await numbers({ sinceNs: at(4500) }))[0]).toBe(4500);
  expect(await numbers({ sinceNs: at(2999), untilNs: at(3001) })).toEqual([2999, 3000, 3001]);
});

test("following over rotations loses nothing, doubles nothing, and ends with the container", async () => {
  using world = makeWorld();
  world.alive = true;
  writeFileSync(world.file, line(0));
  const seen: number[] = [];
  const entries = await world.open({ follow: true });
  const reading = (async () => {
    for await (const block of entries) for (const entry of block) seen.push(Number(Buffer.from(entry.bytes).toString().split(" ")[1]));
  })();
  let next = 1;
  for (let round = 0; round < 8; round++) {
    for (let count = 0; count < 50; count++) appendFileSync(world.file, line(next++));
    if (round % 3 === 0) await Bun.sleep(5);
    // As the engine does it: renamed first; the monitor goes on in the old file for a while.
    try {
      renameSync(`${world.file}.1`, `${world.file}.2`);
    } catch {
      // The first time there is none.
    }
    renameSync(world.file, `${world.file}.1`);
    for (let count = 0; count < 20; count++) appendFileSync(`${world.file}.1`, line(next++));
    if (round % 2 === 0) await Bun.sleep(220);
    writeFileSync(world.file, line(next++));
    await Bun.sleep(150);
  }
  world.alive = false;
  await reading;
  expect(seen).toEqual(Array.from({ length: next }, (_, index) => index));
});

test("a wall clock that was set back: since and until choose by the time of each line", async () => {
  using world = makeWorld();
  const padded = (n: number): string => line(n, `line ${n} ${"x".repeat(200)}`);
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
  // 1000 to 2999, then set back to 0 and on to 1499: the binary order of times is lost within and between files.
  const first = range(1000, 3000);
  const second = range(0, 1500);
  writeFileSync(`${world.file}.1`, first.map(padded).join(""));
  writeFileSync(world.file, second.map(padded).join(""));
  const numbers = async (options: Partial<LogOptions>): Promise<number[]> =>
    (await world.read(options)).map((text) => Number(text.split(" ")[1]));
  expect(await numbers({ sinceNs: at(1400) })).toEqual([...first, ...second].filter((n) => n >= 1400));
  expect(await numbers({ sinceNs: at(2000) })).toEqual(range(2000, 3000));
  expect(await numbers({ untilNs: at(1200) })).toEqual([...range(1000, 1201), ...range(0, 1201)]);
  expect(await numbers({ sinceNs: at(100), untilNs: at(200) })).toEqual(range(100, 201));
  expect(await numbers({ sinceNs: at(5000) })).toEqual([]);
  expect(await numbers({ sinceNs: at(1400), tail: 3 })).toEqual([1497, 1498, 1499]);
  // In one file, the old times first, and far apart.
  writeFileSync(world.file, [...first, ...second].map(padded).join(""));
  writeFileSync(`${world.file}.1`, "");
  expect(await numbers({ sinceNs: at(2990) })).toEqual(range(2990, 3000));
});

test("since leaves out a line that began before, with all its pieces, and keeps one that began after", async () => {
  using world = makeWorld();
  writeFileSync(
    world.file,
    line(1, "old, ", { tag: "P" }) +
      line(2, "error", { stream: "stderr" }) +
      line(3, "and its end") +
      line(4, "new, ", { tag: "P" }) +
      line(5, "and its end"),
  );
  expect(await world.read({ sinceNs: at(2) })).toEqual(["error\n", "new, and its end\n"]);
  expect(await world.read({ sinceNs: at(3) })).toEqual(["new, and its end\n"]);
  expect(await world.read({ sinceNs: at(5) })).toEqual([]);
  expect(await world.read({ sinceNs: at(1), untilNs: at(3) })).toEqual(["error\n", "old, and its end\n"]);
});

const bounded = (size: string, files: string): ContainerRecord =>
  ({
    id: "x",
    hostConfig: { LogConfig: { Type: "json-file", Config: { "max-size": size, "max-file": files } } },
  }) as unknown as ContainerRecord;

test("rotation keeps the bounds and asks the monitor for a new file", () => {
  using world = makeWorld();
  writeFileSync(world.file, "x".repeat(2000));
  world.rotation.watch(bounded("1k", "2"));
  for (let round = 1; round <= 4; round++) {
    world.rotation.check(performance.now() + round * 10_000);
    expect(world.reopened).toBe(round);
    writeFileSync(world.file, "x".repeat(2000));
  }
  expect(logFiles(world.file)).toEqual([`${world.file}.1`, world.file]);
  world.rotation.close();
});

test("a wall clock that is set back does not stop rotation", async () => {
  using world = makeWorld({ pollMs: 30 });
  writeFileSync(world.file, "");
  world.rotation.watch(bounded("1k", "2"));
  await Bun.sleep(100);
  setSystemTime(Date.now() - 3_600_000);
  try {
    writeFileSync(world.file, "x".repeat(2000));
    await Bun.sleep(200);
  } finally {
    setSystemTime();
    world.rotation.close();
  }
  expect(world.reopened).toBe(1);
});

test("at the end what was written over the bounds is cut off, the oldest first, unless somebody reads it", () => {
  using world = makeWorld();
  const record = bounded("8k", "3");
  writeFileSync(`${world.file}.3`, "x");
  writeFileSync(`${world.file}.2`, "x".repeat(10_000));
  writeFileSync(`${world.file}.1`, "x".repeat(20_000));
  writeFileSync(world.file, "x".repeat(3000));
  const leave = world.rotation.onRotate("x", () => undefined);
  world.rotation.forget(record);
  expect(world.freed).toEqual([]);
  // Nobody looks at it again: it is done when the last reader leaves.
  leave();
  expect(world.freed).toEqual([10_000 - (3 * 8000 - 23_000)]);
  expect(logFiles(world.file)).toEqual([`${world.file}.2`, `${world.file}.1`, world.file]);
  world.rotation.forget(bounded("8k", "1"));
  expect(logFiles(world.file)).toEqual([world.file]);
});

test("a reader that follows keeps what is rotated away before it comes to it", async () => {
  using world = makeWorld();
  world.alive = true;
  writeFileSync(world.file, line(0));
  world.rotation.watch(bounded("1k", "2"));
  const entries = (await world.open({ follow: true }))[Symbol.asyncIterator]();
  const numbers: number[] = [];
  const read = async (): Promise<boolean> => {
    const { value, done } = await entries.next();
    if (done !== true) for (const entry of value) numbers.push(Number(Buffer.from(entry.bytes).toString().split(" ")[1]));
    return done !== true;
  };
  await read();
  let next = 1;
  for (let round = 1; round <= 30; round++) {
    for (let count = 0; count < 40; count++) appendFileSync(world.file, line(next++));
    world.rotation.check(performance.now() + round * 10_000);
  }
  expect(world.reopened).toBe(30);
  appendFileSync(world.file, line(next++));
  world.alive = false;
  while (await read());
  expect(numbers).toEqual(Array.from({ length: next }, (_, index) => index));
  world.rotation.close();
});

test("a quiet log is not looked at until it is written to, and is rotated then", () => {
  using world = makeWorld();
  const record = { id: "x", config: { Tty: false }, hostConfig: { LogConfig: { Type: "json-file", Config: { "max-size": "1k" } } } };
  writeFileSync(world.file, "");
  world.rotation.watch(record as unknown as ContainerRecord);
  world.rotation.check(1_000_000);
  expect(world.quiet.size).toBe(1);
  // Nobody tells that it is gone: it is not looked at.
  renameSync(world.file, `${world.file}.away`);
  world.rotation.check(3_000_000);
  expect(world.reopened).toBe(0);
  renameSync(`${world.file}.away`, world.file);
  appendFileSync(world.file, line(1));
  world.rotation.check(5_000_000);
  expect([world.reopened, world.quiet.size]).toEqual([0, 0]);
  world.rotation.check(7_000_000);
  expect(world.quiet.size).toBe(1);
  appendFileSync(world.file, "x".repeat(1024));
  world.rotation.check(9_000_000);
  expect([world.reopened, world.quiet.size]).toEqual([1, 0]);
  world.rotation.check(11_000_000);
  world.rotation.forget(record as unknown as ContainerRecord);
  expect(world.quiet.size).toBe(0);
});

test("without the kernel's news logs are looked at again and again", () => {
  const quiet = new QuietLogs({ kernel: createFakeKernel().kernel, log: silentLogger() });
  expect([quiet.add("x", "/x"), quiet.size, quiet.written()]).toEqual([false, 0, []]);
  quiet.close();
});
