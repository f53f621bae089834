import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import path from "node:path";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import type { ApiAnswer, EngineApi } from "../harness/engine-api.ts";
import { loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openSandbox, type Sandbox, until } from "../harness/sandbox.ts";
import { compareShape, leavesOf, type Shape } from "./shape.ts";
import * as container from "./shapes/container.ts";
import * as exec from "./shapes/exec.ts";
import * as extensions from "./shapes/extensions.ts";
import * as image from "./shapes/image.ts";
import * as network from "./shapes/network.ts";
import * as stats from "./shapes/stats.ts";
import * as system from "./shapes/system.ts";
import * as volume from "./shapes/volume.ts";
import { unshown } from "./unshown.ts";

/** Every version with golden shapes; "" is a request without a version, which gets the newest. */
const versions = ["1.24", "1.40", "1.41", "1.42", "1.43", "1.44", "1.45", "1.46", "1.47", "1.48", "1.49", "1.50", "1.51", ""];

/** What the calls refer to. */
interface World {
  readonly api: EngineApi;
  readonly busyExec: string;
}

interface Golden {
  readonly name: string;
  readonly shape: Shape;
  readonly status?: number;
  /** The JSON values to compare; each must fit. */
  readonly values: (world: World, api: EngineApi) => Promise<readonly unknown[]>;
}

let sandbox: Sandbox;
let engine: RunningEngine;
let world: World;
const seen = new Map<Shape, Set<string>>();
const tally = { equal: 0, different: 0 };

/** The values of GET requests. */
function get(...paths: readonly string[]): Golden["values"] {
  return async (_world, api) => Promise.all(paths.map(async (path) => ok(await api.get(path), path).json()));
}

function ok(answer: ApiAnswer, what: string, status = 200): ApiAnswer {
  if (answer.status !== status) throw new Error(`${what}: ${answer.status} ${answer.text}`);
  return answer;
}

function lines(answer: ApiAnswer): unknown[] {
  return answer.text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as unknown);
}

const goldens: readonly Golden[] = [
  {
    name: "POST /berth/containers/{name}/change",
    shape: extensions.changeAnswer,
    values: async (_world, api) => [
      ok(
        await api.post("/berth/containers/plain/change?dry-run=1", { LabelsAdd: { a: "b" }, Update: { Memory: 0, CpuShares: 512 } }),
        "change",
      ).json(),
    ],
  },
  {
    name: "GET /berth/execs",
    shape: extensions.execList,
    values: async (_world, api) => {
      const { Id } = ok(await api.post("/containers/busy/exec", { Cmd: ["sleep", "1000"] }), "exec", 201).json<{ Id: string }>();
      ok(await api.post(`/exec/${Id}/start`, { Detach: true }), "start");
      return [ok(await api.get("/berth/execs?all=1"), "list").json()];
    },
  },
  {
    name: "POST /berth/execs/{reference}/kill",
    shape: extensions.execKilled,
    values: async (_world, api) => {
      const { Id } = ok(await api.post("/containers/busy/exec", { Cmd: ["sleep", "1000"] }), "exec", 201).json<{ Id: string }>();
      ok(await api.post(`/exec/${Id}/start`, { Detach: true }), "start");
      return [ok(await api.post(`/berth/execs/${Id}/kill`), "kill").json()];
    },
  },
  {
    name: "GET /containers/{name}/json",
    shape: container.containerInspect,
    values: get(
      "/containers/busy/json?size=1",
      "/containers/plain/json",
      "/containers/ended/json",
      "/containers/bare/json",
      "/containers/again/json",
      "/containers/wide/json",
      "/containers/joined/json",
    ),
  },
  { name: "GET /containers/json", shape: container.containerList, values: get("/containers/json", "/containers/json?all=1&size=1") },
  {
    name: "GET /containers/{name}/changes",
    shape: container.containerChanges,
    values: get("/containers/plain/changes", "/containers/ended/changes"),
  },
  { name: "GET /containers/{name}/top", shape: container.containerTop, values: get("/containers/plain/top") },
  {
    name: "POST /containers/create",
    shape: container.containerCreated,
    values: async (_world, api) => {
      const created = ok(await api.post("/containers/create", { Image: "busybox", MacAddress: "02:42:ac:11:00:78" }), "create", 201).json<{
        Id: string;
      }>();
      ok(await api.delete(`/containers/${created.Id}`), "remove", 204);
      return [created];
    },
  },
  {
    name: "POST /containers/prune",
    shape: container.containersPruned,
    values: async (_world, api) => {
      const label = JSON.stringify({ label: [`prune=${api.version}`] });
      ok(await api.post("/containers/create", { Image: "busybox", Labels: { prune: api.version } }), "create", 201);
      const path = `/containers/prune?filters=${encodeURIComponent(label)}`;
      return [ok(await api.post(path), "prune").json(), ok(await api.post(path), "prune").json()];
    },
  },
  {
    name: "POST /containers/{name}/wait",
    shape: container.containerWaited,
    values: async (_world, api) => [ok(await api.post("/containers/ended/wait"), "wait").json()],
  },
  {
    name: "GET /containers/{name}/stats",
    shape: stats.containerStats,
    values: async (_world, api) => {
      // Blocks that reach a disk are counted.
      const body = { Cmd: ["dd", "if=/dev/zero", "of=/written", "bs=4096", "count=1", "conv=fsync"], AttachStdout: true };
      const { Id } = ok(await api.post("/containers/plain/exec", body), "exec", 201).json<{ Id: string }>();
      ok(await api.post(`/exec/${Id}/start`, {}), "dd");
      const paths = ["busy", "plain", "ended", "bare"].map((name) => `/containers/${name}/stats?stream=0`);
      return Promise.all(paths.map(async (path) => ok(await api.get(path), path).json()));
    },
  },
  {
    name: "POST /containers/{name}/update",
    shape: container.containerUpdated,
    values: async (_world, api) => [
      ok(await api.post("/containers/plain/update", { CpuShares: 900, OomKillDisable: true, CpuPercent: 3 }), "update").json(),
      ok(await api.post("/containers/ended/update", { RestartPolicy: { Name: "no" } }), "update").json(),
    ],
  },
  {
    name: "POST /containers/{name}/exec",
    shape: exec.execCreated,
    values: async (_world, api) => [ok(await api.post("/containers/plain/exec", { Cmd: ["true"] }), "exec", 201).json()],
  },
  {
    name: "GET /exec/{id}/json",
    shape: exec.execInspect,
    values: async ({ busyExec }, api) => {
      const fresh = ok(await api.post("/containers/plain/exec", { Cmd: ["true", "x"], User: "ann" }), "exec", 201).json<{ Id: string }>();
      return Promise.all([fresh.Id, busyExec].map(async (id) => ok(await api.get(`/exec/${id}/json`), "exec inspect").json()));
    },
  },
  {
    name: "POST /commit",
    shape: image.committed,
    values: async (_world, api) => {
      const answer = ok(await api.post("/commit?container=plain&repo=committed&pause=0", null), "commit", 201);
      ok(await api.delete("/images/committed"), "rmi");
      return [answer.json()];
    },
  },
  { name: "GET /images/{name}/json", shape: image.imageInspect, values: get("/images/busybox/json", "/images/full/json") },
  { name: "GET /images/json", shape: image.imageList, values: get("/images/json?all=1", "/images/json?shared-size=1") },
  { name: "GET /images/{name}/history", shape: image.imageHistory, values: get("/images/busybox/history") },
  {
    name: "POST /images/load",
    shape: image.progressLine,
    values: async (_world, api) => {
      const raw = buildBusyboxImage("gone:1", { Labels: { gone: api.version } }).archive;
      const loaded = lines(
        ok(await api.request("/images/load?quiet=0", { method: "POST", raw, headers: { "Content-Type": "application/x-tar" } }), "load"),
      );
      ok(await api.delete("/images/gone:1"), "rmi");
      const refused = lines(
        ok(await api.request("/images/load", { method: "POST", raw: "junk", headers: { "Content-Type": "application/x-tar" } }), "load"),
      );
      return [...loaded, ...refused];
    },
  },
  {
    name: "DELETE /images/{name}",
    shape: image.imageRemoved,
    values: async (_world, api) => {
      const raw = buildBusyboxImage("gone:2", { Labels: { removed: api.version } }).archive;
      ok(await api.request("/images/load", { method: "POST", raw, headers: { "Content-Type": "application/x-tar" } }), "load");
      return [ok(await api.delete("/images/gone:2"), "rmi").json()];
    },
  },
  { name: "GET /networks/{id}", shape: network.networkInspect, values: get("/networks/bridge", "/networks/none", "/networks/made") },
  { name: "GET /networks", shape: network.networkList, values: get("/networks") },
  {
    name: "POST /networks/create",
    shape: network.networkCreated,
    values: async (_world, api) => {
      const created = ok(await api.post("/networks/create", { Name: "brief" }), "network", 201).json();
      ok(await api.delete("/networks/brief"), "remove", 204);
      return [created];
    },
  },
  { name: "GET /volumes", shape: volume.volumeList, values: get("/volumes") },
  { name: "GET /volumes/{name}", shape: volume.volumeInspect, values: get("/volumes/named") },
  {
    name: "POST /volumes/create",
    shape: volume.volumeInspect,
    values: async (_world, api) => {
      const made = ok(await api.post("/volumes/create", { Name: "made", Labels: { a: "b" } }), "volume", 201).json();
      ok(await api.delete("/volumes/made"), "remove", 204);
      return [made];
    },
  },
  { name: "GET /info", shape: system.info, values: get("/info") },
  { name: "GET /version", shape: system.version, values: get("/version") },
  {
    name: "GET /events",
    shape: system.event,
    values: async (_world, api) => lines(ok(await api.get(`/events?since=0&until=${(Date.now() / 1000).toFixed(3)}`), "events")),
  },
  { name: "GET /plugins", shape: system.plugins, values: get("/plugins") },
  {
    name: "errors",
    shape: system.error,
    values: async (_world, api) => {
      const answers = await Promise.all([
        api.get("/nope"),
        api.get("/containers/nope/json"),
        api.get("/images/nope/json"),
        api.get("/networks/nope"),
        api.get("/exec/nope/json"),
        api.post("/containers/create", { Image: "nope" }),
        api.get("/containers/json?filters=%7B%22nope%22%3A%5B%221%22%5D%7D"),
        api.post("/containers/ended/kill"),
        api.get("/services"),
      ]);
      for (const answer of answers) expect([answer.status >= 400, answer.headers["content-type"]]).toEqual([true, "application/json"]);
      return answers.map((answer) => answer.json());
    },
  },
];

/** A container with nearly every setting, one without any, one that has ended, one that was never started and has no network. */
async function fill(api: EngineApi): Promise<World> {
  const create = async (name: string, body: object): Promise<void> => {
    ok(await api.post(`/containers/create?name=${name}`, { Image: "busybox", ...body }), name, 201);
  };
  await create("busy", {
    Image: "full",
    Cmd: ["sleep", "1000"],
    StopSignal: "SIGTERM",
    StopTimeout: 3,
    Labels: { a: "b" },
    ExposedPorts: { "80/tcp": {}, "81/udp": {} },
    Healthcheck: { Test: ["NONE"], Interval: 2e9, Timeout: 1e9, StartPeriod: 1e9, StartInterval: 1e9, Retries: 2 },
    HostConfig: {
      Binds: ["/tmp:/bound:ro"],
      LogConfig: { Type: "json-file", Config: { "max-size": "1m" } },
      PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "18080" }], "81/udp": [{ HostPort: "18081" }] },
      Annotations: { "example.com/a": "b" },
      CapAdd: ["NET_ADMIN"],
      CapDrop: ["MKNOD"],
      Dns: ["192.0.2.1"],
      DnsOptions: ["ndots:2"],
      DnsSearch: ["example.com"],
      ExtraHosts: ["name:192.0.2.2"],
      GroupAdd: ["staff"],
      SecurityOpt: ["no-new-privileges"],
      Sysctls: { "net.ipv4.ip_forward": "0" },
      Tmpfs: { "/run": "size=1m" },
      Devices: [{ PathOnHost: "/dev/null", PathInContainer: "/dev/nothing", CgroupPermissions: "rwm" }],
      DeviceCgroupRules: ["c 1:3 rwm"],
      Ulimits: [{ Name: "nofile", Soft: 100, Hard: 100 }],
      Memory: 64 * 1024 * 1024,
      PidsLimit: 50,
      OomKillDisable: false,
      Init: false,
      Mounts: [
        { Type: "tmpfs", Target: "/scratch", TmpfsOptions: { SizeBytes: 1_048_576, Mode: 0o1777 } },
        { Type: "bind", Source: "/tmp", Target: "/bound2", ReadOnly: true, BindOptions: { Propagation: "rprivate" } },
      ],
    },
  });
  ok(await api.post("/volumes/create", { Name: "labelled", Labels: { a: "b" } }), "volume", 201);
  const device = [{ Path: "/dev/null", Rate: 1000 }];
  await create("wide", {
    ArgsEscaped: true,
    NetworkDisabled: true,
    MacAddress: "02:42:ac:11:00:77",
    OnBuild: ["RUN true"],
    HostConfig: {
      VolumesFrom: ["busy"],
      BlkioDeviceReadBps: device,
      BlkioDeviceWriteBps: device,
      BlkioDeviceReadIOps: device,
      BlkioDeviceWriteIOps: device,
      BlkioWeightDevice: [{ Path: "/dev/null", Weight: 100 }],
      MemorySwappiness: 10,
      Mounts: [
        {
          Type: "volume",
          Source: "named",
          Target: "/v",
          VolumeOptions: { NoCopy: true, Labels: { a: "b" }, DriverConfig: { Name: "local" } },
        },
        { Type: "bind", Source: "/tmp", Target: "/b", Consistency: "default", BindOptions: { NonRecursive: true, CreateMountpoint: true } },
      ],
    },
    NetworkingConfig: { EndpointsConfig: { bridge: { DriverOpts: { a: "b" }, GwPriority: 1 } } },
  });
  const pool = { Subnet: "10.5.0.0/16", IPRange: "10.5.1.0/24", Gateway: "10.5.0.1", AuxiliaryAddresses: { printer: "10.5.1.1" } };
  const made = { Name: "made", Labels: { a: "b" }, IPAM: { Options: {}, Config: [pool] } };
  ok(await api.post("/networks/create", made), "network", 201);
  await create("joined", {
    Cmd: ["sleep", "1000"],
    HostConfig: { NetworkMode: "made" },
    NetworkingConfig: { EndpointsConfig: { made: { IPAMConfig: { IPv4Address: "10.5.0.9" } } } },
  });
  // The shell becomes another program, which does not know that it has a child to wait for.
  await create("plain", { Cmd: ["sh", "-c", "true & exec sleep 1000"], Healthcheck: { Test: ["CMD", "true"], Interval: 1e8 } });
  await create("ended", { Cmd: ["sh", "-c", "echo written > /written"] });
  await create("again", {
    Cmd: ["false"],
    HostConfig: { RestartPolicy: { Name: "always" }, Annotations: { "berth.restart-delay": "1h", "berth.restart-max-delay": "2h" } },
  });
  await create("bare", { HostConfig: { NetworkMode: "none" } });
  for (const name of ["busy", "plain", "ended", "joined", "again"]) ok(await api.post(`/containers/${name}/start`), `start ${name}`, 204);
  ok(await api.post("/containers/ended/wait"), "wait");
  await until(
    async () => (await api.get("/containers/plain/json")).text.includes('"ExitCode":0,"Output"'),
    20_000,
    "plain was not checked",
  );
  const exec = ok(await api.post("/containers/busy/exec", { Cmd: ["true"], AttachStdout: true, DetachKeys: "ctrl-a" }), "exec", 201);
  const busyExec = exec.json<{ Id: string }>().Id;
  await (await api.hijack(`/exec/${busyExec}/start`, { body: {} })).rest();
  ok(await api.post("/images/busybox/tag?repo=registry.example.com/a/b&tag=c"), "tag", 201);
  return { api, busyExec };
}

beforeAll(async () => {
  sandbox = await openSandbox("golden");
  engine = await startBerth(sandbox, {
    flags: ["--label", "a=b", "--registry-mirror", "https://mirror.example.com", "--insecure-registry", "registry.example.com"],
  });
  const full = buildBusyboxImage("full:latest", {
    User: "root",
    ExposedPorts: { "90/tcp": {} },
    Volumes: { "/data": {} },
    WorkingDir: "/tmp",
    Entrypoint: ["/bin/busybox"],
    Labels: { image: "full" },
    StopSignal: "SIGINT",
    Shell: ["/bin/sh", "-c"],
    OnBuild: ["RUN true"],
    Healthcheck: { Test: ["CMD", "true"], Interval: 1e9, Timeout: 1e9, StartPeriod: 1e9, StartInterval: 1e9, Retries: 1 },
  });
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
  await loadImage(engine, full.archive);
  world = await fill(engine.api.at("v1.51"));
}, 60_000);

afterAll(async () => {
  await engine?.stop();
  await sandbox?.close();
  console.log(
    `\ngolden: ${tally.equal} shapes equal, ${tally.different} different (${goldens.length} answers in ${versions.length} versions)`,
  );
}, 30_000);

for (const version of versions) {
  describe(version === "" ? "without a version" : `API ${version}`, () => {
    for (const golden of goldens) {
      test(golden.name, async () => {
        const api = engine.api.at(version === "" ? "" : `v${version}`);
        const values = await golden.values(world, api);
        const parts = seen.get(golden.shape) ?? new Set<string>();
        seen.set(golden.shape, parts);
        const findings = values.flatMap((value, index) =>
          compareShape(golden.shape, value, {
            version: version === "" ? "1.51" : version,
            at: `#${index}`,
            seen: (path) => parts.add(path),
          }),
        );
        tally[findings.length === 0 && values.length > 0 ? "equal" : "different"]++;
        expect(findings).toEqual([]);
        expect(values.length).toBeGreaterThan(0);
      }, 30_000);
    }
  });
}

/** Routes whose answers are no JSON, or are refused in every case; {@link plainAnswers} has those that are answered. */
const plainRoutes = [
  "HEAD /_ping",
  "GET /_ping",
  ...["start", "stop", "restart", "kill", "pause", "unpause", "attach", "resize", "rename"].map(
    (verb) => `POST /containers/{name}/${verb}`,
  ),
  "GET /containers/{name}/attach/ws",
  "GET /containers/{name}/logs",
  ...["HEAD", "GET", "PUT"].map((method) => `${method} /containers/{name}/archive`),
  "GET /containers/{name}/export",
  "DELETE /containers/{name}",
  "DELETE /containers/{name}/{alias}",
  "POST /exec/{id}/start",
  "POST /exec/{id}/resize",
  "GET /images/get",
  "GET /images/{name}/get",
  "POST /images/create",
  "POST /images/{name}/push",
  "POST /images/{name}/tag",
  "DELETE /networks/{id}",
  "DELETE /volumes/{name}",
  // Refused without experimental features; tests/daemon/checkpoints.test.ts has them with.
  "GET /containers/{name}/checkpoints",
  "POST /containers/{name}/checkpoints",
  "DELETE /containers/{name}/checkpoints/{checkpoint}",
];

test("every route has its shape or is known to answer without JSON", () => {
  const source = readFileSync(path.resolve(import.meta.dir, "../../packages/api/src/routes/list.ts"), "utf8");
  const routes = [...source.matchAll(/method: "([A-Z]+)", path: "([^"]+)"/g)].map(
    ([, method, route]) => `${method} ${(route ?? "").replaceAll(":path}", "}").replace(/(?<=\w)\/$/, "")}`,
  );
  const known = new Set([...goldens.map(({ name }) => name), ...plainRoutes]);
  expect(routes.length).toBeGreaterThan(40);
  expect(routes.filter((route) => !known.has(route))).toEqual([]);
  expect(plainRoutes.filter((route) => !routes.includes(route))).toEqual([]);
});

/** Status, content type and body of the answers that are no JSON. Source: moby api/server/router of v20.10.24 and v28.5.2. */
async function plainAnswers(api: EngineApi): Promise<Record<string, readonly [number, string | undefined, string]>> {
  const answers: Record<string, readonly [number, string | undefined, string]> = {};
  const call = async (method: string, where: string, body?: unknown): Promise<void> => {
    const { status, headers, body: bytes, text } = await api.request(where, { method, body });
    answers[`${method} ${where}`] = [status, headers["content-type"], bytes.length > 100 ? "long" : text];
  };
  ok(
    await api.post("/containers/create?name=calls", {
      Image: "busybox",
      Cmd: ["sh", "-c", "echo out; exec sleep 1000"],
      StopSignal: "KILL",
    }),
    "create",
    201,
  );
  await call("GET", "/_ping");
  await call("POST", "/containers/calls/start");
  await call("POST", "/containers/calls/start");
  await call("POST", "/containers/calls/resize?h=20&w=80");
  await call("POST", "/containers/calls/pause");
  await call("POST", "/containers/calls/unpause");
  await call("POST", "/containers/calls/rename?name=calls2");
  await call("POST", "/containers/calls2/restart?t=0");
  await until(async () => (await api.get("/containers/calls2/logs?stdout=1")).text.includes("out\n"), 10_000, "no log");
  await call("GET", "/containers/calls2/logs?stdout=1");
  await call("HEAD", "/containers/calls2/archive?path=/etc");
  await call("GET", "/containers/calls2/archive?path=/etc");
  await call("PUT", "/containers/calls2/archive?path=/tmp");
  await call("GET", "/containers/calls2/export");
  const exec = ok(await api.post("/containers/calls2/exec", { Cmd: ["true"] }), "exec", 201).json<{ Id: string }>().Id;
  const { status, headers, text } = await api.post(`/exec/${exec}/start`, { Detach: true });
  answers["detached exec"] = [status, headers["content-type"], text];
  await call("POST", "/containers/calls2/kill");
  ok(await api.post("/containers/calls2/wait"), "wait");
  await call("POST", "/containers/calls2/stop");
  await call("DELETE", "/containers/calls2");
  await call("POST", "/images/busybox/tag?repo=calls&tag=1");
  await call("GET", "/images/calls:1/get");
  await call("GET", "/images/get?names=calls:1");
  ok(await api.delete("/images/calls:1"), "rmi");
  ok(await api.post("/volumes/create", { Name: "calls" }), "volume", 201);
  await call("DELETE", "/volumes/calls");
  return answers;
}

for (const version of versions) {
  test(`answers that are no JSON, ${version === "" ? "without a version" : `API ${version}`}`, async () => {
    const framed = version === "" || Number(version.slice(2)) >= 42;
    const streamType = `application/vnd.docker.${framed ? "multiplexed" : "raw"}-stream`;
    const api = engine.api.at(version === "" ? "" : `v${version}`);
    expect(await plainAnswers(api)).toEqual({
      "GET /_ping": [200, "text/plain; charset=utf-8", "OK"],
      "POST /containers/calls/start": [304, undefined, ""],
      "POST /containers/calls/resize?h=20&w=80": [200, undefined, ""],
      "POST /containers/calls/pause": [204, undefined, ""],
      "POST /containers/calls/unpause": [204, undefined, ""],
      "POST /containers/calls/rename?name=calls2": [204, undefined, ""],
      "POST /containers/calls2/restart?t=0": [204, undefined, ""],
      "GET /containers/calls2/logs?stdout=1": [200, streamType, expect.stringContaining("out\n")],
      "HEAD /containers/calls2/archive?path=/etc": [200, undefined, ""],
      "GET /containers/calls2/archive?path=/etc": [200, "application/x-tar", "long"],
      "PUT /containers/calls2/archive?path=/tmp": [200, undefined, ""],
      "GET /containers/calls2/export": [200, "application/octet-stream", "long"],
      "detached exec": [200, undefined, ""],
      "POST /containers/calls2/kill": [204, undefined, ""],
      "POST /containers/calls2/stop": [304, undefined, ""],
      "DELETE /containers/calls2": [204, undefined, ""],
      "POST /images/busybox/tag?repo=calls&tag=1": [201, undefined, ""],
      "GET /images/calls:1/get": [200, "application/x-tar", "long"],
      "GET /images/get?names=calls:1": [200, "application/x-tar", "long"],
      "DELETE /volumes/calls": [204, undefined, ""],
    });
    for (const [terminal, type] of [
      [false, streamType],
      [true, "application/vnd.docker.raw-stream"],
    ] as const) {
      const exec = ok(await api.post("/containers/plain/exec", { Cmd: ["true"], Tty: terminal, AttachStdout: true }), "exec", 201).json<{
        Id: string;
      }>().Id;
      const upgraded = await api.hijack(`/exec/${exec}/start`, { body: { Tty: terminal } });
      await upgraded.rest();
      expect([upgraded.status, upgraded.head]).toEqual([101, expect.stringContaining(`Content-Type: ${type}\r\n`)]);
    }
    const attached = await api.hijack("/containers/plain/attach?stream=1&stdout=1");
    attached.close();
    expect([attached.status, attached.head]).toEqual([101, expect.stringContaining(`Content-Type: ${streamType}\r\n`)]);
  }, 30_000);
}

test("all parts of the shapes were compared, except those that are listed", () => {
  const missed = goldens.flatMap(({ name, shape }) =>
    leavesOf(shape)
      .filter((path) => seen.get(shape)?.has(path) !== true)
      .map((path) => `${name} ${path}`),
  );
  expect(missed.filter((line) => !unshown.some(({ parts }) => parts.test(line)))).toEqual([]);
  expect(unshown.filter(({ parts }) => !missed.some((line) => parts.test(line))).map(({ reason }) => reason)).toEqual([]);
});
