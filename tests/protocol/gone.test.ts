import { readdirSync, readlinkSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { buildBusyboxImage, directory, file, tar } from "../harness/busybox-image.ts";
import type { EngineApi } from "../harness/engine-api.ts";
import { loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openSandbox, type Sandbox, until } from "../harness/sandbox.ts";
import { connect, headOf, isWhole, jsonRequest, type RawConnection, request } from "./raw.ts";

let sandbox: Sandbox;
let engine: RunningEngine;
let api: EngineApi;

beforeAll(async () => {
  sandbox = await openSandbox("gone");
  engine = await startBerth(sandbox);
  api = engine.api.at("v1.51");
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
  for (const [name, body] of [
    ["quiet", { Cmd: ["sleep", "1000"] }],
    ["chatty", { Cmd: ["sh", "-c", "while :; do echo line; sleep 0.01; done"] }],
    ["terminal", { Tty: true, OpenStdin: true, Cmd: ["sh"] }],
  ] as const) {
    expect((await api.post(`/containers/create?name=${name}`, { Image: "busybox", ...body })).status).toBe(201);
    expect((await api.post(`/containers/${name}/start`)).status).toBe(204);
  }
}, 60_000);
afterAll(async () => {
  await engine?.stop();
  await sandbox?.close();
}, 30_000);

const upgrade = { Connection: "Upgrade", Upgrade: "tcp" };
const archive = buildBusyboxImage("gone:1", { Labels: { size: "big" } }).archive;

/** Ways to be in the middle of something. Each makes its request and waits until the daemon is at work on it. */
const ways: Readonly<Record<string, (connection: RawConnection) => Promise<unknown>>> = {
  "logs -f of a quiet container": (connection) => {
    connection.write(request("GET /v1.51/containers/quiet/logs?follow=1&stdout=1"));
    return connection.waitFor((text) => text.includes("\r\n\r\n"), "logs");
  },
  "logs -f of one that writes": (connection) => {
    connection.write(request("GET /v1.51/containers/chatty/logs?follow=1&stdout=1&tail=1"));
    return connection.waitFor((text) => text.includes("line"), "logs");
  },
  events: (connection) => {
    connection.write(request("GET /v1.51/events"));
    return connection.waitFor((text) => text.includes("\r\n\r\n"), "events");
  },
  wait: (connection) => {
    connection.write(request("POST /v1.51/containers/quiet/wait?condition=next-exit"));
    return connection.waitFor((text) => text.includes("\r\n\r\n"), "wait");
  },
  attach: (connection) => {
    connection.write(request("POST /v1.51/containers/chatty/attach?stream=1&stdout=1&stderr=1", upgrade));
    return connection.waitFor((text) => text.includes("line"), "attach");
  },
  "attach without an upgrade": (connection) => {
    connection.write(request("POST /v1.51/containers/chatty/attach?stream=1&stdout=1&stderr=1"));
    return connection.waitFor((text) => text.includes("line"), "attach");
  },
  "attach to a terminal": (connection) => {
    connection.write(`${request("POST /v1.51/containers/terminal/attach?stream=1&stdin=1&stdout=1", upgrade)}echo in-$((1+1))\n`);
    return connection.waitFor((text) => text.includes("in-2"), "attach");
  },
  exec: async (connection) => {
    const body = { Cmd: ["sh", "-c", "echo up; cat"], AttachStdin: true, AttachStdout: true, AttachStderr: true };
    connection.write(jsonRequest("POST /v1.51/containers/quiet/exec", body));
    const id = /"Id":"([0-9a-f]{64})"/.exec(await connection.waitFor(isWhole, "exec"))?.[1] ?? "";
    connection.write(jsonRequest(`POST /v1.51/exec/${id}/start`, {}, upgrade));
    await connection.waitFor((text) => text.includes("up"), "exec");
  },
  "a load, half way": async (connection) => {
    const headers = { "Content-Type": "application/x-tar", "Content-Length": String(archive.length), Expect: "100-continue" };
    connection.write(request("POST /v1.51/images/load", headers));
    await connection.waitFor((text) => text.includes("100 Continue"), "load");
    connection.write(archive.subarray(0, archive.length >> 1));
    await Bun.sleep(20);
  },
  "an import, half way": async (connection) => {
    const layer = tar([directory("etc/"), file("etc/big", Buffer.alloc(1_000_000, "x"))]);
    connection.write(
      request("POST /v1.51/images/create?fromSrc=-&repo=gone&tag=2", { "Transfer-Encoding": "chunked", Expect: "100-continue" }),
    );
    await connection.waitFor((text) => text.includes("100 Continue"), "import");
    connection.write(`${(layer.length >> 1).toString(16)}\r\n`);
    connection.write(layer.subarray(0, layer.length >> 1));
    await Bun.sleep(20);
  },
  "a save, half way": (connection) => {
    connection.write(request("GET /v1.51/images/busybox/get"));
    return connection.waitFor((text) => text.length > 10_000, "save");
  },
  "a JSON body, half way": async (connection) => {
    connection.write(
      request("POST /v1.51/containers/create", { "Content-Type": "application/json", "Content-Length": "100" }, '{"Image":'),
    );
    await Bun.sleep(20);
  },
};

/** What the daemon holds open. */
function descriptors(): string[] {
  const folder = `/proc/${engine.process.pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(`${folder}/${fd}`).replace(/\d{3,}/, "N")];
    } catch {
      return [];
    }
  });
}

/** Files of the data root's image store. */
function imageFiles(): string[] {
  return readdirSync(`${engine.dataRoot}/images`, { recursive: true, encoding: "utf8" })
    .filter((path) => !/layers\/\d+\//.test(path))
    .sort();
}

async function listeners(): Promise<number> {
  return (await api.get("/info")).json<{ NEventsListener: number }>().NEventsListener;
}

async function dial(): Promise<RawConnection> {
  return connect({ path: engine.socket });
}

for (const [name, way] of Object.entries(ways)) {
  test(`clients that go away leave nothing behind: ${name}`, async () => {
    // The first time may open what is kept, e.g. a file that all share.
    const first = await dial();
    await way(first);
    first.destroy();
    await until(async () => (await listeners()) === 0, 10_000, "the first client's listener stays");
    await Bun.sleep(300);
    const [before, files] = [descriptors(), imageFiles()];
    const clients = await Promise.all(Array.from({ length: 15 }, dial));
    await Promise.all(clients.map(way));
    expect(descriptors().length).toBeGreaterThanOrEqual(before.length + clients.length);
    for (const client of clients) client.destroy();
    let now: string[] = [];
    await until(
      () => {
        now = descriptors();
        return now.length <= before.length;
      },
      10_000,
      "descriptors stay open",
    ).catch(() => expect(now.sort()).toEqual(before.sort()));
    expect(await listeners()).toBe(0);
    await until(() => imageFiles().join() === files.join(), 10_000, "files stay").catch(() => expect(imageFiles()).toEqual(files));
    const states = (await api.get("/containers/json")).json<{ State: string }[]>();
    expect(states.map(({ State }) => State)).toEqual(["running", "running", "running"]);
  }, 60_000);
}

test("exec processes whose client is gone end with their input", async () => {
  await until(
    async () => (await api.get("/containers/quiet/top")).json<{ Processes: unknown[] }>().Processes.length === 1,
    10_000,
    "processes of exec stay",
  );
});

test("the daemon's end closes every stream at once", async () => {
  const clients = new Map<string, RawConnection>();
  for (const [name, way] of Object.entries(ways)) {
    const client = await dial();
    await way(client);
    clients.set(name, client);
  }
  const idle = await dial();
  idle.write(request("GET /_ping"));
  await idle.waitFor((text) => text.endsWith("OK"), "ping");
  const began = performance.now();
  const ends = new Map<string, number>();
  for (const [name, client] of clients) client.socket.once("close", () => ends.set(name, performance.now() - began));
  for (const client of clients.values()) client.socket.on("end", () => client.socket.destroy());
  await engine.stop();
  const tookMs = performance.now() - began;
  await until(() => ends.size === clients.size, 2_000, "connections stay open");
  console.log(`the daemon ended in ${Math.round(tookMs)} ms with ${clients.size} streams open`);
  for (const name of ["events", "wait", "attach", "exec", "logs -f of a quiet container"]) {
    expect([name, (ends.get(name) ?? Number.POSITIVE_INFINITY) < 250]).toEqual([name, true]);
  }
  for (const name of ["events", "logs -f of a quiet container"]) {
    expect([name, headOf(clients.get(name)?.text() ?? "").rest.endsWith("0\r\n\r\n")]).toEqual([name, true]);
  }
  expect(tookMs).toBeLessThan(3_000);
}, 60_000);
