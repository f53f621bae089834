import { afterAll, beforeAll, expect, test } from "bun:test";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import type { EngineApi } from "../harness/engine-api.ts";
import { loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openSandbox, type Sandbox } from "../harness/sandbox.ts";
import { connect, headOf, isWhole, jsonRequest, type RawConnection, request } from "./raw.ts";

const clientCount = 500;
const rounds = 2;

let sandbox: Sandbox;
let engine: RunningEngine;
let api: EngineApi;

beforeAll(async () => {
  sandbox = await openSandbox("parallel");
  engine = await startBerth(sandbox);
  api = engine.api.at("v1.51");
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
}, 300_000);
afterAll(async () => {
  await engine?.stop();
  await sandbox?.close();
}, 30_000);

/** A client with one kept connection. */
class Client {
  readonly #connection: RawConnection;
  #read = 0;

  constructor(connection: RawConnection) {
    this.#connection = connection;
  }

  async ask(bytes: string): Promise<{ readonly status: number; readonly body: unknown }> {
    this.#connection.write(bytes);
    const from = this.#read;
    const text = await this.#connection.waitFor((all) => isWhole(all.slice(from)), bytes.split("\r\n", 1)[0] ?? "");
    this.#read = text.length;
    const { status, rest } = headOf(text.slice(from));
    return { status, body: rest === "" ? null : JSON.parse(rest) };
  }

  close(): void {
    this.#connection.destroy();
  }
}

/** Runs `work` with all clients at once. */
async function together(work: (client: Client, index: number) => Promise<void>): Promise<void> {
  const clients = await Promise.all(Array.from({ length: clientCount }, async () => new Client(await connect({ path: engine.socket }))));
  try {
    await Promise.all(clients.map(work));
  } finally {
    for (const client of clients) client.close();
  }
}

test(`${clientCount} clients at once create, inspect, list, rename and remove, and each gets its own answers`, async () => {
  await together(async (client, index) => {
    for (let round = 0; round < rounds; round++) {
      const name = `client-${index}-${round}`;
      const labels = { client: String(index), round: String(round) };
      const created = await client.ask(
        jsonRequest(`POST /v1.51/containers/create?name=${name}`, { Image: "busybox", Labels: labels, Env: [`ME=${name}`] }),
      );
      expect([name, created.status]).toEqual([name, 201]);
      const { Id: id } = created.body as { Id: string };
      const again = await client.ask(jsonRequest(`POST /v1.51/containers/create?name=${name}`, { Image: "busybox" }));
      expect(again).toEqual({
        status: 409,
        body: { message: expect.stringContaining(`"/${name}" is already in use by container "${id}"`) },
      });
      const inspected = await client.ask(request(`GET /v1.51/containers/${name}/json`));
      expect(inspected).toMatchObject({
        status: 200,
        body: { Id: id, Name: `/${name}`, Config: { Labels: labels }, State: { Status: "created" } },
      });
      const filters = encodeURIComponent(JSON.stringify({ label: [`client=${index}`, `round=${round}`] }));
      const listed = await client.ask(request(`GET /v1.51/containers/json?all=1&filters=${filters}`));
      expect(listed).toMatchObject({ status: 200, body: [{ Id: id, Names: [`/${name}`] }] });
      expect((await client.ask(request(`POST /v1.51/containers/${id}/rename?name=${name}-2`))).status).toBe(204);
      expect((await client.ask(request(`GET /v1.51/containers/${name}/json`))).status).toBe(404);
      expect((await client.ask(request(`DELETE /v1.51/containers/${name}-2`))).status).toBe(204);
      expect((await client.ask(request(`GET /v1.51/containers/${id}/json`))).status).toBe(404);
    }
  });
  expect((await api.get("/containers/json?all=1")).json<unknown[]>()).toEqual([]);
  expect((await api.get("/info")).json<{ Containers: number }>().Containers).toBe(0);
}, 300_000);

test("one name that all want at once goes to one", async () => {
  const winners: string[] = [];
  await together(async (client) => {
    const { status, body } = await client.ask(jsonRequest("POST /v1.51/containers/create?name=wanted", { Image: "busybox" }));
    if (status === 201) winners.push((body as { Id: string }).Id);
    else expect([status, body]).toEqual([409, { message: expect.stringContaining('"/wanted" is already in use') }]);
  });
  expect(winners).toHaveLength(1);
  expect((await api.get("/containers/wanted/json")).json<{ Id: string }>().Id).toBe(winners[0] ?? "");

  let removed = 0;
  await together(async (client) => {
    const { status, body } = await client.ask(request("DELETE /v1.51/containers/wanted"));
    if (status === 204) removed++;
    else
      expect([status, body]).toEqual([
        status === 409 ? 409 : 404,
        { message: expect.stringMatching(/already in progress|No such container/) },
      ]);
  });
  expect(removed).toBe(1);
}, 300_000);

test("one container that all start, list and stop at once starts once and stops once", async () => {
  expect((await api.post("/containers/create?name=shared", { Image: "busybox", Cmd: ["sleep", "1000"] })).status).toBe(201);
  // Live: of the past only the last 256 events are kept.
  const filters = encodeURIComponent(JSON.stringify({ container: ["shared"], event: ["start", "die", "destroy"] }));
  const events = await connect({ path: engine.socket });
  events.write(request(`GET /v1.51/events?filters=${filters}`));
  await events.waitFor((text) => text.includes("\r\n\r\n"), "events");
  const starts: number[] = [];
  await together(async (client) => {
    starts.push((await client.ask(request("POST /v1.51/containers/shared/start"))).status);
    const listed = await client.ask(request("GET /v1.51/containers/json"));
    expect(listed).toMatchObject({ status: 200, body: [{ Names: ["/shared"], State: "running" }] });
  });
  expect(starts.filter((status) => status === 204)).toHaveLength(1);
  expect(starts.filter((status) => status === 304)).toHaveLength(clientCount - 1);
  const stops: number[] = [];
  await together(async (client) => {
    stops.push((await client.ask(request("POST /v1.51/containers/shared/stop?t=0"))).status);
  });
  expect(stops.filter((status) => status !== 204 && status !== 304)).toEqual([]);
  expect((await api.delete("/containers/shared")).status).toBe(204);
  const told = await events.waitFor((text) => text.includes('"destroy"'), "events");
  events.destroy();
  expect([...told.matchAll(/"Action":"(\w+)"/g)].map(([, action]) => action)).toEqual(["start", "die", "destroy"]);
}, 300_000);
