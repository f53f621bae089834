import { readFileSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { demultiplex } from "../harness/engine-api.ts";
import { startBerth, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, until, type Sandbox, type SandboxProcess } from "../harness/sandbox.ts";
import { exec, killDaemon, loadBusybox, logLines, runContainer, untilStatus } from "./kit.ts";

let sandbox: Sandbox;
let engine: RunningEngine;

const waitMs = 60_000;
const testMs = 180_000;

beforeAll(async () => {
  sandbox = await openSandbox("log-drivers");
  // A journal of the sandbox's own.
  await sandbox.run(["mount", "-t", "tmpfs", "none", "/run"]);
  await sandbox.run(["mkdir", "-p", "/run/systemd/journal", "/run/log/journal"]);
  engine = await startBerth(sandbox);
  await loadBusybox(engine);
});
afterAll(async () => {
  await sandbox?.close();
});

/** A syslog receiver on a unix socket of the sandbox's folder. */
class Receiver {
  readonly path: string;
  readonly numbers: number[] = [];
  #rest = "";
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();

  constructor(name: string) {
    this.path = `${sandbox.folder}/${name}.sock`;
  }

  async listen(options: { readonly reads: boolean } = { reads: true }): Promise<this> {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      if (options.reads) socket.setEncoding("utf8").on("data", (piece: string) => this.#take(piece));
      else socket.pause();
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.path, resolve));
    return this;
  }

  die(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    rmSync(this.path, { force: true });
  }

  #take(piece: string): void {
    const lines = (this.#rest + piece).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.numbers.push(Number(/: (\d+)$/.exec(line)?.[1]));
  }
}

const syslogTo = (path: string): Readonly<Record<string, unknown>> => ({
  LogConfig: { Type: "syslog", Config: { "syslog-address": `unix://${path}` } },
});

interface Forwarding {
  readonly State: string;
  readonly Sent: number;
  readonly Dropped: number;
  readonly Gaps: number;
}

async function forwardingOf(name: string): Promise<Forwarding> {
  return (await engine.api.get(`/containers/${name}/json`)).json<{ Berth: { LogForwarding: Forwarding } }>().Berth.LogForwarding;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe("syslog", () => {
  test(
    "a daemon that is killed again and again loses no line of a container that writes on",
    async () => {
      const receiver = await new Receiver("killed").listen();
      const script = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo $i; [ $((i % 20)) = 0 ] && usleep 20000; done";
      await runContainer(engine.api, { name: "killed", command: ["sh", "-c", script], host: syslogTo(receiver.path) });
      for (let round = 0; round < 3; round++) {
        const seen = receiver.numbers.length;
        await until(() => receiver.numbers.length > seen + 200, waitMs, "no lines come");
        await killDaemon(engine);
        engine = await startBerth(sandbox);
      }
      await untilStatus(engine.api, "killed", "exited");
      await until(() => receiver.numbers.includes(3000), waitMs, "the last line does not come");
      expect([...new Set(receiver.numbers)]).toEqual(upTo(3000));
      expect(await forwardingOf("killed")).toMatchObject({ Dropped: 0, Gaps: 0 });
      expect((await logLines(engine.api, "killed")).length).toBe(3000);
      expect((await engine.api.delete("/containers/killed")).status).toBe(204);
      receiver.die();
    },
    testMs,
  );

  test(
    "a receiver that never reads: the container writes as fast as ever, and everything can be done with it",
    async () => {
      const receiver = await new Receiver("hangs").listen({ reads: false });
      const script = "seq 1 200000; echo end >&2; sleep 600";
      await runContainer(engine.api, { name: "hangs", command: ["sh", "-c", script], host: syslogTo(receiver.path) });
      await until(async () => (await engine.api.get("/containers/hangs/logs?stderr=1")).text.includes("end"), waitMs, "it does not write");
      await until(async () => (await forwardingOf("hangs")).State === "stalled", waitMs, "it is not stalled");
      expect(await exec(engine.api, "hangs", ["echo", "hello"])).toBe("hello\n");
      expect((await engine.api.post("/containers/hangs/restart?t=0")).status).toBe(204);
      expect((await engine.api.post("/containers/hangs/kill")).status).toBe(204);
      await untilStatus(engine.api, "hangs", "exited");
      // The daemon's end and its next start do not wait for it either.
      await engine.stop();
      engine = await startBerth(sandbox);
      expect((await engine.api.post("/containers/hangs/start")).status).toBe(204);
      expect((await engine.api.delete("/containers/hangs?force=1")).status).toBe(204);
      receiver.die();
    },
    testMs,
  );

  test(
    "--rm: what a container wrote before its end reaches a receiver that was away",
    async () => {
      const receiver = await new Receiver("removed").listen();
      const command = ["sh", "-c", "until [ -e /tmp/go ]; do sleep 0.05; done; seq 1 500"];
      await runContainer(engine.api, { name: "removed", command, host: { ...syslogTo(receiver.path), AutoRemove: true } });
      receiver.die();
      await exec(engine.api, "removed", ["touch", "/tmp/go"]);
      await untilStatus(engine.api, "removed", "gone");
      await receiver.listen();
      await until(() => receiver.numbers.includes(500), waitMs, "the last line does not come");
      expect([...new Set(receiver.numbers)]).toEqual(upTo(500));
      receiver.die();
    },
    testMs,
  );
});

describe("journald", () => {
  type Entry = Readonly<Record<string, string | readonly number[]>>;

  async function startJournal(): Promise<SandboxProcess> {
    await sandbox.run(["rm", "-f", "/run/systemd/journal/socket"]);
    return sandbox.start("journald", ["sh", "-c", "/lib/systemd/systemd-journald & echo $! > /run/journald.pid; wait"]);
  }

  async function signalJournal(name: string): Promise<void> {
    await sandbox.run(["sh", "-c", `kill -${name} $(cat /run/journald.pid)`]);
  }

  async function entries(match: string): Promise<Entry[]> {
    const command = ["journalctl", "-D", "/run/log/journal", "--no-pager", "--all", "-o", "json", match];
    const { stdout } = await sandbox.run(command);
    return stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Entry);
  }

  test(
    "a real journal: fields, priorities, pieces of long lines, entries larger than a datagram",
    async () => {
      const journal = await startJournal();
      const script = "echo one; echo two >&2; head -c 40000 /dev/zero | tr '\\0' x; echo";
      const options = { tag: "{{.Name}}/{{.DaemonName}}", labels: "com.example.app,big", env: "COLOR" };
      const big = `${"b".repeat(300_000)}\nend`;
      const id = await runContainer(engine.api, {
        name: "journal",
        command: ["sh", "-c", script],
        config: { Labels: { "com.example.app": "shop", big }, Env: ["COLOR=red"] },
        host: { LogConfig: { Type: "journald", Config: options } },
      });
      await until(
        async () => (await entries(`CONTAINER_ID_FULL=${id}`)).length === 5,
        waitMs,
        `the journal has not got all:\n${engine.log()}`,
      );
      const found = await entries(`CONTAINER_ID_FULL=${id}`);
      const [one] = found.filter(({ MESSAGE }) => MESSAGE === "one");
      expect(one).toMatchObject({
        CONTAINER_ID: id.slice(0, 12),
        CONTAINER_NAME: "journal",
        CONTAINER_TAG: "journal/docker",
        SYSLOG_IDENTIFIER: "journal/docker",
        IMAGE_NAME: "busybox",
        COM_EXAMPLE_APP: "shop",
        COLOR: "red",
        BIG: big,
        PRIORITY: "6",
        _TRANSPORT: "journal",
      });
      expect(found.filter(({ MESSAGE }) => MESSAGE === "two").map(({ PRIORITY }) => PRIORITY)).toEqual(["3"]);
      const pieces = found.filter(({ CONTAINER_PARTIAL_ID }) => CONTAINER_PARTIAL_ID !== undefined);
      expect(
        pieces.map(({ MESSAGE, CONTAINER_PARTIAL_MESSAGE, CONTAINER_PARTIAL_LAST, CONTAINER_PARTIAL_ORDINAL }) => [
          MESSAGE?.length,
          CONTAINER_PARTIAL_MESSAGE,
          CONTAINER_PARTIAL_ORDINAL,
          CONTAINER_PARTIAL_LAST,
        ]),
      ).toEqual([
        [16_384, "true", "1", "false"],
        [16_384, "true", "2", "false"],
        [7232, undefined, "3", "true"],
      ]);
      expect(new Set(found.map(({ CONTAINER_LOG_ORDINAL }) => CONTAINER_LOG_ORDINAL))).toEqual(new Set(["1", "2", "3", "4", "5"]));

      expect((await engine.api.delete("/containers/journal")).status).toBe(204);
      await signalJournal("TERM");
      await journal.exited;
    },
    testMs,
  );

  test(
    "a journal that hangs stalls nothing, and gets everything when it goes on",
    async () => {
      const journal = await startJournal();
      await until(async () => (await sandbox.run(["test", "-S", "/run/systemd/journal/socket"])).code === 0, waitMs, "no journal");
      await signalJournal("STOP");
      const host = { LogConfig: { Type: "journald", Config: {} } };
      const id = await runContainer(engine.api, { name: "stopped", command: ["sh", "-c", "seq 1 3000; sleep 600"], host });
      await until(async () => (await logLines(engine.api, "stopped")).length === 3000, waitMs, "it does not write");
      await until(async () => (await forwardingOf("stopped")).State === "stalled", waitMs, "it is not stalled");
      expect((await engine.api.post("/containers/stopped/restart?t=0")).status).toBe(204);
      await until(async () => (await logLines(engine.api, "stopped")).length === 6000, waitMs, "it does not write again");
      expect((await engine.api.post("/containers/stopped/stop?t=0")).status).toBe(204);
      await signalJournal("CONT");
      const messages = async (): Promise<number[]> => (await entries(`CONTAINER_ID_FULL=${id}`)).map(({ MESSAGE }) => Number(MESSAGE));
      await until(async () => (await messages()).length >= 6000, waitMs, "the journal has not got all");
      expect(await messages()).toEqual([...upTo(3000), ...upTo(3000)]);
      expect((await engine.api.delete("/containers/stopped")).status).toBe(204);
      await signalJournal("TERM");
      await journal.exited;
    },
    testMs,
  );

  test(
    "without a journal a container starts, and its log can be read",
    async () => {
      await sandbox.run(["rm", "-f", "/run/systemd/journal/socket"]);
      await runContainer(engine.api, { name: "none", command: ["echo", "hello"], host: { LogConfig: { Type: "journald", Config: {} } } });
      await untilStatus(engine.api, "none", "exited");
      expect(await logLines(engine.api, "none")).toEqual(["hello"]);
      expect(["connecting", "retrying"]).toContain((await forwardingOf("none")).State);
      expect((await engine.api.delete("/containers/none")).status).toBe(204);
    },
    testMs,
  );
});

describe("log files", () => {
  test(
    "the json-file in Docker's format stands at LogPath, over kill -9 of the daemon",
    async () => {
      const script = "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo $i; [ $((i % 20)) = 0 ] && usleep 20000; done";
      const host = { LogConfig: { Type: "json-file", Config: { format: "json" } } };
      await runContainer(engine.api, { name: "json", command: ["sh", "-c", script], host });
      const { LogPath } = (await engine.api.get("/containers/json/json")).json<{ LogPath: string }>();
      const read = (): number[] =>
        readFileSync(LogPath, "utf8")
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => Number((JSON.parse(line) as { log: string }).log));
      await until(async () => (await forwardingOf("json")).Sent > 300, waitMs, "nothing is written");
      await killDaemon(engine);
      engine = await startBerth(sandbox);
      await untilStatus(engine.api, "json", "exited");
      await until(async () => (await forwardingOf("json")).State === "ended", waitMs, "it is not ended");
      expect(read()).toEqual(upTo(2000));
      expect((await engine.api.delete("/containers/json")).status).toBe(204);
    },
    testMs,
  );

  test(
    "with a single file a reader that follows gets everything and ends with the container, or with its removal",
    async () => {
      const script =
        "until [ -e /tmp/go ]; do sleep 0.05; done; for i in $(seq 0 19); do seq $((i*1000+1)) $((i*1000+1000)); usleep 50000; done";
      const host = { LogConfig: { Type: "json-file", Config: { "max-size": "50k", "max-file": "1" } } };
      await runContainer(engine.api, { name: "single", command: ["sh", "-c", `${script}; exec sleep 600`], host });
      const following = engine.api.get("/containers/single/logs?stdout=1&follow=1");
      await exec(engine.api, "single", ["touch", "/tmp/go"]);
      await until(async () => (await engine.api.get("/containers/single/logs?stdout=1&tail=1")).text.includes("20000"), waitMs, "no end");
      expect((await engine.api.delete("/containers/single?force=1")).status).toBe(204);
      const text = demultiplex((await following).body).map(([, piece]) => piece);
      expect(text.join("").trimEnd().split("\n").map(Number)).toEqual(upTo(20_000));
    },
    testMs,
  );
});
