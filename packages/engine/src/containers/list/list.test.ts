import { expect, test } from "bun:test";
import type { ContainerCreateRequest, Filters } from "@berth/spec";
import { openTestEngine, type TestEngine } from "../../testing/index.ts";
import type { ContainerRecord } from "../record.ts";
import { parsePs } from "../top.ts";
import { patternTest } from "./pattern.ts";
import { statusText } from "./status.ts";

async function create(world: TestEngine, name: string, request: ContainerCreateRequest = {}): Promise<string> {
  const { id } = await world.engine.containers.create({
    name,
    platform: null,
    request: { Image: "busybox", Cmd: ["sleep", "a b"], ...request },
    apiVersion: "1.51",
  });
  return id;
}

test("ps: order, limit, filters", async () => {
  await using world = await openTestEngine();
  const first = await create(world, "web1", { Labels: { app: "web", tier: "1" } });
  await create(world, "web2", { Labels: { app: "web" }, HostConfig: { Binds: ["data:/d"] } });
  const db = await create(world, "db", {
    ExposedPorts: { "80/tcp": {} },
    HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }] } },
  });
  await world.engine.containers.start(db);
  await world.engine.containers.start(first);
  world.runtime.end(first, 3);
  await world.engine.containers.wait(first, "not-running").result;
  const names = async (filters: Filters, all = true, limit = 0): Promise<string> =>
    (await world.engine.containers.list({ all, limit, size: false, filters })).map((one) => one.Names[0]?.slice(1)).join(" ");
  expect(await names({})).toBe("db web2 web1");
  expect(await names({}, false)).toBe("db");
  expect(await names({}, false, 2)).toBe("db web2");
  expect(await names({ name: ["web"] })).toBe("web2 web1");
  expect(await names({ name: ["^/web1$"] })).toBe("web1");
  expect(await names({ label: ["app=web", "tier"] })).toBe("web1");
  expect(await names({ status: ["exited", "created"] }, false)).toBe("web2 web1");
  expect(await names({ exited: ["3"] })).toBe("web1");
  expect(await names({ id: [first.slice(0, 6)] })).toBe("web1");
  expect(await names({ volume: ["data"] })).toBe("web2");
  expect(await names({ volume: ["/d"] })).toBe("web2");
  expect(await names({ network: ["bridge"] })).toBe("db web2 web1");
  expect(await names({ ancestor: ["busybox"] })).toBe("db web2 web1");
  expect(await names({ ancestor: ["nope"] })).toBe("");
  expect(await names({ publish: ["8080"] })).toBe("db");
  expect(await names({ expose: ["70-90/tcp"] })).toBe("db");
  expect(await names({ before: ["db"] })).toBe("web2 web1");
  expect(await names({ since: ["web1"] })).toBe("db web2");
  await expect(names({ bogus: ["1"] })).rejects.toThrow("Invalid filter 'bogus'");
  await expect(names({ status: ["x"] })).rejects.toThrow("Invalid filter 'status=x'");
  await expect(names({ exited: ["x"] })).rejects.toThrow("invalid filter 'exited=x'");
  const [shown] = await world.engine.containers.list({ all: false, limit: 0, size: true, filters: {} });
  expect(shown).toMatchObject({
    Command: "sleep 'a b'",
    Image: "busybox",
    State: "running",
    Ports: [{ IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" }],
    SizeRootFs: expect.any(Number),
  });
});

test("the words of the status column", () => {
  const now = Date.UTC(2026, 0, 10);
  const ago = (ms: number): string => new Date(now - ms).toISOString();
  const text = (status: string, more: object): string =>
    statusText(
      {
        exitCode: 1,
        health: null,
        startedAt: ago(7_300_000),
        finishedAt: ago(5000),
        life: { status },
        ...more,
      } as unknown as ContainerRecord,
      now,
    );
  expect(text("running", {})).toBe("Up 2 hours");
  expect(text("running", { health: { status: "starting" } })).toBe("Up 2 hours (health: starting)");
  expect(text("running", { health: { status: "healthy" } })).toBe("Up 2 hours (healthy)");
  expect(text("paused", { startedAt: ago(61_000) })).toBe("Up About a minute (Paused)");
  expect(text("exited", {})).toBe("Exited (1) 5 seconds ago");
  expect(text("exited", { finishedAt: ago(3 * 24 * 3_600_000) })).toBe("Exited (1) 3 days ago");
  expect(text("restarting", {})).toBe("Restarting (1) 5 seconds ago");
  expect(text("created", {})).toBe("Created");
});

test("a name filter that would take for ever is taken as plain text", () => {
  const started = performance.now();
  expect(patternTest("(a+)+$")(`${"a".repeat(60)}!`)).toBe(false);
  expect(patternTest("^(a|aa)*b")("aaaa")).toBe(false);
  expect(performance.now() - started).toBeLessThan(100);
  expect(patternTest("we.1")("web1")).toBe(true);
  expect(patternTest("[")("a[b")).toBe(true);
});

test("ps's rows are those of the container, the last column takes what hangs over", () => {
  const output = "UID   PID  CMD\nroot   1 init\nann   42 sh -c x\nann   - \nroot  7 y\n";
  expect(parsePs(output, new Set([42]))).toEqual({
    Titles: ["UID", "PID", "CMD"],
    Processes: [
      ["ann", "42", "sh -c x"],
      ["ann", "-", ""],
    ],
  });
  expect(() => parsePs("USER CMD\n", new Set())).toThrow("Couldn't find PID field in ps output");
});
