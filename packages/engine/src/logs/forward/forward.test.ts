// slow
import { afterEach, expect, test } from "bun:test";
import { openDatagramReceiver } from "@berth/linux/testing";
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { openTestEngine, type TestEngine } from "../../testing/test-engine.ts";

const waitMs = 20_000;
const testMs = 60_000;

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + waitMs; performance.now() < end; await Bun.sleep(10)) if (await holds()) return;
  throw new Error(`it did not come to this: ${what}`);
}

/** A stream receiver that can refuse, hang, die and come back. */
class Receiver {
  readonly path: string;
  /** The numbers of the lines `line N` that have come. */
  readonly numbers: number[] = [];
  /** The beginning of the next message. */
  text = "";
  hangs = false;
  connections = 0;
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();

  constructor(path: string) {
    this.path = path;
  }

  async listen(): Promise<this> {
    this.#server = createServer((socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      if (this.hangs) socket.pause();
      else socket.setEncoding("utf8").on("data", (piece: string) => this.#take(piece));
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.path, resolve));
    return this;
  }

  /** Its process dies: nobody listens, connections break. */
  die(): void {
    this.#server?.close();
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    rmSync(this.path, { force: true });
  }

  #take(piece: string): void {
    const lines = (this.text + piece).split("\n");
    this.text = lines.pop() ?? "";
    for (const line of lines) {
      const number = /: line (\d+)\.*$/.exec(line)?.[1];
      if (number !== undefined) this.numbers.push(Number(number));
    }
  }
}

const receivers: Receiver[] = [];
afterEach(() => {
  for (const receiver of receivers.splice(0)) receiver.die();
});

let next = 0;
async function receiver(options: { readonly hangs?: boolean } = {}): Promise<Receiver> {
  const made = new Receiver(join(process.env["TMPDIR"] ?? "/tmp", `berth-forward-${process.pid}-${next++}.sock`));
  made.hangs = options.hangs ?? false;
  receivers.push(made);
  return made.listen();
}

const syslogTo = ({ path }: Receiver, more: Readonly<Record<string, string>> = {}) => ({
  Type: "syslog",
  Config: { "syslog-address": `unix://${path}`, ...more },
});

async function makeContainer(
  test: TestEngine,
  LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> },
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { id } = await test.engine.containers.create({
    name: null,
    platform: null,
    apiVersion: "1.51",
    request: { Image: "busybox", Cmd: ["sh"], ...more, HostConfig: { LogConfig } },
  });
  return id;
}

const logOf = (test: TestEngine, id: string): string => join(test.root, "containers", id, "log", "container.log");

let clockS = 0;
function raw(text: string, options: { readonly stream?: string; readonly tag?: string } = {}): string {
  const stamp = new Date(Date.UTC(2026, 0, 2) + clockS++ * 10).toISOString().slice(0, 23);
  return `${stamp}000000+00:00 ${options.stream ?? "stdout"} ${options.tag ?? "F"} ${text}\n`;
}

/** What the monitor would write. */
function say(test: TestEngine, id: string, from: number, to: number): void {
  let text = "";
  for (let n = from; n < to; n++) text += raw(`line ${n}`);
  appendFileSync(logOf(test, id), text);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

async function statusOf(
  test: TestEngine,
  id: string,
): Promise<{ State: string; Sent: number; Dropped: number; Gaps: number; Error: string }> {
  const { Berth } = await test.engine.containers.inspect(id, { size: false });
  if (Berth?.LogForwarding === undefined) throw new Error("nothing is forwarded");
  return Berth.LogForwarding;
}

test(
  "lines reach the receiver in order, also those of the end, and logs can be read",
  async () => {
    await using test = await openTestEngine();
    const syslog = await receiver();
    const id = await makeContainer(test, syslogTo(syslog));
    await test.engine.containers.start(id);
    say(test, id, 0, 100);
    await until("100 lines", () => syslog.numbers.length === 100);
    say(test, id, 100, 150);
    appendFileSync(logOf(test, id), raw("line 150", { tag: "P" }));
    await test.engine.containers.kill(id, "KILL");
    await until("the last line", () => syslog.numbers.includes(150));
    expect(syslog.numbers).toEqual(upTo(151));
    await until("it has ended", async () => (await statusOf(test, id)).State === "ended");
    expect(await statusOf(test, id)).toEqual({ State: "ended", Sent: 151, Dropped: 0, Gaps: 0, Error: "" });
    // A second life goes on where the first ended.
    await test.engine.containers.start(id);
    say(test, id, 151, 160);
    await until("160 lines", () => syslog.numbers.length === 160);
    expect(syslog.numbers).toEqual(upTo(160));
  },
  testMs,
);

test(
  "a receiver that refuses, and comes later: the container starts, and nothing is lost",
  async () => {
    await using test = await openTestEngine();
    const syslog = await receiver();
    const id = await makeContainer(test, syslogTo(syslog));
    syslog.die();
    await test.engine.containers.start(id);
    say(test, id, 0, 50);
    await until("it tells", async () => (await statusOf(test, id)).State === "retrying");
    expect((await statusOf(test, id)).Error).not.toBe("");
    await syslog.listen();
    await until("50 lines", () => syslog.numbers.length === 50);
    expect(syslog.numbers).toEqual(upTo(50));
  },
  testMs,
);

test(
  "a receiver that dies and comes back gets what was written meanwhile",
  async () => {
    await using test = await openTestEngine();
    const syslog = await receiver();
    const id = await makeContainer(test, syslogTo(syslog));
    await test.engine.containers.start(id);
    say(test, id, 0, 10);
    await until("10 lines", () => syslog.numbers.length === 10);
    syslog.die();
    // The first of these may be written to a connection that nobody reads any more.
    for (let n = 10; n < 20; n++) {
      say(test, id, n, n + 1);
      await Bun.sleep(20);
    }
    await until("it tells", async () => (await statusOf(test, id)).State === "retrying");
    say(test, id, 20, 30);
    await syslog.listen();
    await until("the last line", () => syslog.numbers.includes(29));
    // The lines of the last second before its death may come twice.
    expect([...new Set(syslog.numbers)]).toEqual(upTo(30));
  },
  testMs,
);

test(
  "a receiver that never reads stalls nothing: output, logs, stop, start, kill, remove and the daemon's end",
  async () => {
    const test = await openTestEngine();
    const syslog = await receiver({ hangs: true });
    const ids = [await makeContainer(test, syslogTo(syslog)), await makeContainer(test, syslogTo(syslog))];
    const [id = "", other = ""] = ids;
    for (const each of ids) await test.engine.containers.start(each);
    for (const each of ids) for (let n = 0; n < 40; n++) say(test, each, n * 1000, n * 1000 + 1000);
    // It sends, and what it sends is not taken: less than all of it fits into the socket.
    await until("it waits", async () => (await statusOf(test, id)).State === "stalled");
    expect((await statusOf(test, id)).Sent).toBeLessThan(40_000);
    let lines = 0;
    const all = { stdout: true, stderr: true, follow: false, sinceNs: null, untilNs: null, tail: null };
    const { entries } = await test.engine.containers.logs(id, { ...all, signal: new AbortController().signal });
    for await (const block of entries) lines += block.length;
    expect(lines).toBe(40_000);
    await test.engine.containers.stop(id, { timeoutS: 5, signal: null });
    await test.engine.containers.start(id);
    await test.engine.containers.kill(id, "KILL");
    await until("it has ended", async () => (await test.engine.containers.inspect(id, { size: false })).State.Status === "exited");
    await test.engine.containers.remove(id, { force: false, volumes: false, link: false });
    await test.engine.containers.remove(other, { force: true, volumes: false, link: false });
    await test[Symbol.asyncDispose]();
  },
  testMs,
);

test(
  "after kill -9 of the daemon at most what was sent last is sent again, and nothing is left out",
  async () => {
    await using test = await openTestEngine();
    const syslog = await receiver();
    const id = await makeContainer(test, syslogTo(syslog));
    await test.engine.containers.start(id);
    say(test, id, 0, 500);
    await until("500 lines", () => syslog.numbers.length === 500);
    const path = join(test.root, "containers", id, "forward.json");
    await until("the position is kept", () => JSON.parse(readFileSync(path, "utf8")).sent === 500);
    const kept = readFileSync(path);
    say(test, id, 500, 600);
    await until("600 lines", () => syslog.numbers.length === 600);
    await test.engine.containers.kill(id, "KILL");
    await until("it has ended", async () => (await statusOf(test, id)).State === "ended");
    // As if the daemon had been killed before it kept any position but the first.
    writeFileSync(path, kept);
    await test.restart();
    await until("it has ended again", async () => (await statusOf(test, id)).Sent === 600);
    await until("the repeated lines", () => syslog.numbers.length === 700);
    expect(syslog.numbers).toEqual([...upTo(600), ...upTo(600).slice(500)]);
  },
  testMs,
);

test(
  "what a receiver has not taken when its file is gone is a gap that is told",
  async () => {
    await using test = await openTestEngine();
    const syslog = await receiver();
    const id = await makeContainer(test, syslogTo(syslog));
    await test.engine.containers.start(id);
    say(test, id, 0, 10);
    const path = join(test.root, "containers", id, "forward.json");
    await until("the position is kept", () => JSON.parse(readFileSync(path, "utf8")).sent === 10);
    await test.engine.containers.kill(id, "KILL");
    await until("it has ended", async () => (await statusOf(test, id)).State === "ended");
    // While the daemon is down the monitor has begun a new file in place of the old.
    const position = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...position, drained: false }));
    writeFileSync(`${logOf(test, id)}.tmp`, raw("line 77"));
    unlinkSync(logOf(test, id));
    renameSync(`${logOf(test, id)}.tmp`, logOf(test, id));
    await test.restart();
    await until("the new file is sent", () => syslog.numbers.includes(77));
    expect(await statusOf(test, id)).toMatchObject({ Gaps: 1, Sent: 11 });
  },
  testMs,
);

test("lines that are rotated away before they can be sent are counted, the others come in order", async () => {
  await using test = await openTestEngine({ settings: { logPollMs: 5 } });
  const syslog = await receiver();
  const id = await makeContainer(test, syslogTo(syslog, { "cache-max-size": "20m", "cache-max-file": "2" }));
  syslog.die();
  await test.engine.containers.start(id);
  const folder = dirname(logOf(test, id));
  mkdirSync(folder, { recursive: true });
  const lineBytes = 10_000;
  let count = 0;
  for (let file = 0; file < 8; file++) {
    let text = "";
    while (text.length < 20_000_000) text += raw(`line ${count++}\n`.trimEnd().padEnd(lineBytes, "."));
    appendFileSync(logOf(test, id), text);
    // The fake monitor does not make the next file.
    await until("it is rotated", () => !Bun.file(logOf(test, id)).size);
    writeFileSync(logOf(test, id), "");
  }
  await until("lines are dropped", async () => (await statusOf(test, id)).Dropped > 0);
  await syslog.listen();
  await until("the last line", () => syslog.numbers.at(-1) === count - 1);
  const numbers = [...new Set(syslog.numbers)];
  const { Dropped } = await statusOf(test, id);
  expect(numbers.length + Dropped).toBe(count);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
}, 120_000);

test(
  "what is left of a removed container is still sent",
  async () => {
    await using test = await openTestEngine();
    const syslog = await receiver();
    const id = await makeContainer(test, syslogTo(syslog));
    syslog.die();
    await test.engine.containers.start(id);
    say(test, id, 0, 20);
    await test.engine.containers.remove(id, { force: true, volumes: false, link: false });
    await syslog.listen();
    await until("20 lines", () => syslog.numbers.length === 20);
    expect(syslog.numbers).toEqual(upTo(20));
  },
  testMs,
);

test(
  "a unix datagram receiver that is full is waited for, and gets each message whole",
  async () => {
    await using test = await openTestEngine();
    const path = join(test.root, "dgram");
    using socket = openDatagramReceiver(path);
    const id = await makeContainer(test, {
      Type: "syslog",
      Config: { "syslog-address": `unixgram://${path}`, "syslog-format": "rfc3164", tag: "{{.Name}}" },
    });
    await test.engine.containers.start(id);
    say(test, id, 0, 3000);
    const texts: string[] = [];
    await until("3000 lines", () => {
      for (const { bytes } of socket.receive()) texts.push(Buffer.from(bytes).toString());
      return texts.length >= 3000;
    });
    expect(texts.map((text) => Number(/: line (\d+)\n$/.exec(text)?.[1]))).toEqual(upTo(3000));
    expect(texts[0]).toMatch(/^<30>Jan {2}2 \d\d:\d\d:\d\d \S+ [a-z_]+\[\d+\]: line 0\n$/);
  },
  testMs,
);

test(
  "the json-file in Docker's format has each line once, over the daemon's death and its own rotation",
  async () => {
    await using test = await openTestEngine();
    const id = await makeContainer(
      test,
      { Type: "json-file", Config: { format: "json", "max-size": "10k", "max-file": "100", labels: "a", tag: "{{.ID}}" } },
      { Labels: { a: "<b>" } },
    );
    await test.engine.containers.start(id);
    const { LogPath } = await test.engine.containers.inspect(id, { size: false });
    expect(LogPath).toBe(join(test.root, "containers", id, `${id}-json.log`));
    const read = (): string[] => {
      const files = [...Array.from({ length: 99 }, (_, index) => `${LogPath}.${99 - index}`), LogPath];
      return files.flatMap((file) => {
        try {
          return readFileSync(file, "utf8").split("\n").slice(0, -1);
        } catch {
          return [];
        }
      });
    };
    appendFileSync(logOf(test, id), raw('quote " back \\ tab \t less < é', { stream: "stderr" }));
    await until("the first line", () => read().length === 1);
    const position = join(test.root, "containers", id, "forward.json");
    await until("the position is kept", () => JSON.parse(readFileSync(position, "utf8")).sent === 1);
    const kept = readFileSync(position);
    expect(read()[0]).toBe(
      `{"log":"quote \\" back \\\\ tab \\u0009 less \\u003c é\\n","stream":"stderr","attrs":{"a":"\\u003cb\\u003e","tag":"${id.slice(0, 12)}"},"time":"${JSON.parse(read()[0] ?? "").time}"}`,
    );
    say(test, id, 1, 400);
    await until("400 lines", () => read().length === 400);
    await test.engine.containers.kill(id, "KILL");
    await until("it has ended", async () => (await statusOf(test, id)).State === "ended");
    // As if the daemon had been killed before it kept any position but the first, and in the middle of a line.
    writeFileSync(position, kept);
    appendFileSync(LogPath, '{"log":"torn');
    await test.restart();
    await until("it has ended again", async () => (await statusOf(test, id)).Sent === 400);
    appendFileSync(logOf(test, id), raw("line 400"));
    await test.engine.containers.start(id);
    await until("401 lines", () => read().length === 401);
    const logs = read().map((line) => (JSON.parse(line) as { log: string }).log);
    expect(logs.slice(1)).toEqual(Array.from({ length: 400 }, (_, index) => `line ${index + 1}\n`));
  },
  testMs,
);

test(
  "a container whose receiver is changed goes on with the new one; what it wrote before any is not sent",
  async () => {
    await using test = await openTestEngine();
    const [first, second] = [await receiver(), await receiver()];
    const id = await makeContainer(test, { Type: "json-file", Config: {} });
    await test.engine.containers.start(id);
    say(test, id, 0, 10);
    const change = (LogDriver: string, LogOptions: Readonly<Record<string, string>>) =>
      test.engine.containers.change(id, { request: { LogDriver, LogOptions }, dryRun: false });
    await change("syslog", syslogTo(first).Config);
    say(test, id, 10, 20);
    await until("the first receiver has its lines", () => first.numbers.length === 10);
    first.die();
    await change("syslog", syslogTo(second).Config);
    say(test, id, 20, 30);
    await until("the second receiver has its lines", () => second.numbers.includes(29));
    expect([first.numbers, second.numbers]).toEqual([upTo(20).slice(10), upTo(30).slice(20)]);
    await change("json-file", {});
    say(test, id, 30, 40);
    expect((await test.engine.containers.inspect(id, { size: false })).Berth?.LogForwarding).toBeUndefined();
  },
  testMs,
);
