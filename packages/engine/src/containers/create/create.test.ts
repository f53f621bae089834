import { describe, expect, test } from "bun:test";
import type { BerthError } from "@berth/base";
import type { ContainerCreateRequest } from "@berth/spec";
import { openTestEngine } from "../../testing/index.ts";
import { mergeConfig } from "./merge-config.ts";

// Messages observed on dockerd 20.10.24; where 28 words it differently, that one is taken and says so.
const refused: readonly (readonly [string, ContainerCreateRequest, string])[] = [
  ["no image", {}, "invalid: Config cannot be empty in order to create a container"],
  ["unknown image", { Image: "nope" }, "not-found: No such image: nope:latest"],
  ["memory", { HostConfig: { Memory: 1 } }, "invalid: Minimum memory limit allowed is 6MB"],
  ["policy", { HostConfig: { RestartPolicy: { Name: "bogus", MaximumRetryCount: 0 } } }, "invalid: invalid restart policy 'bogus'"],
  [
    "policy with --rm",
    { HostConfig: { AutoRemove: true, RestartPolicy: { Name: "always", MaximumRetryCount: 0 } } },
    "invalid: can't create 'AutoRemove' container with restart policy",
  ],
  [
    "retries of always",
    { HostConfig: { RestartPolicy: { Name: "always", MaximumRetryCount: 3 } } },
    "invalid: maximum retry count cannot be used with restart policy 'always'",
  ],
  [
    "relative bind",
    { HostConfig: { Binds: ["a1:b"] } },
    "invalid: invalid volume specification: 'a1:b': invalid mount config for type \"volume\": invalid mount path: 'b' mount path must be absolute",
  ],
  [
    "bind at root",
    { HostConfig: { Binds: ["/a:/"] } },
    "invalid: invalid volume specification: '/a:/': invalid mount config for type \"bind\": invalid specification: destination can't be '/'",
  ],
  ["mode", { HostConfig: { Binds: ["/a:/b:zz"] } }, "invalid: invalid mode: zz"],
  ["empty bind", { HostConfig: { Binds: [""] } }, "invalid: invalid volume specification: ''"],
  [
    "volume name",
    { HostConfig: { Binds: ["x/y:/b"] } },
    'invalid: create x/y: "x/y" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
  ],
  [
    "mount source",
    { HostConfig: { Mounts: [{ Type: "bind", Source: "/nope", Target: "/x" }] } },
    'invalid: invalid mount config for type "bind": bind source path does not exist: /nope',
  ],
  ["twice", { HostConfig: { Binds: ["/a:/b", "/c:/b"] } }, "invalid: Duplicate mount point: /b"],
  ["capability", { HostConfig: { CapAdd: ["FOO"] } }, 'invalid: invalid CapAdd: unknown capability: "CAP_FOO"'],
  ["pid of another", { HostConfig: { PidMode: "container:nope" } }, "invalid: No such container: nope"],
  ["signal", { StopSignal: "FOO" }, "invalid: Invalid signal: FOO"],
  ["variable", { Env: ["=x"] }, "invalid: invalid environment variable: =x"],
  ["folder", { WorkingDir: "rel" }, "invalid: the working directory 'rel' is invalid, it needs to be an absolute path"],
  [
    "log driver",
    { HostConfig: { LogConfig: { Type: "zz", Config: {} } } },
    'invalid: error looking up logging plugin zz: plugin "zz" not found',
  ],
  [
    "log driver by the name of something else",
    { HostConfig: { LogConfig: { Type: "constructor", Config: {} } } },
    'invalid: error looking up logging plugin constructor: plugin "constructor" not found',
  ],
  [
    "log option",
    { HostConfig: { LogConfig: { Type: "json-file", Config: { foo: "1" } } } },
    "invalid: unknown log opt 'foo' for json-file log driver",
  ],
  ["security option", { HostConfig: { SecurityOpt: ["foo"] } }, 'invalid: invalid --security-opt 1: "foo"'],
  ["port", { HostConfig: { PortBindings: { x: [{ HostIp: "", HostPort: "1" }] } } }, 'invalid: invalid port specification: "x"'],
  ["volumes from", { HostConfig: { VolumesFrom: ["nope"] } }, "invalid: No such container: nope"],
  ["tmpfs", { HostConfig: { Tmpfs: { x: "" } } }, "invalid: invalid mount path: 'x' mount path must be absolute"],
  ["host", { HostConfig: { ExtraHosts: ["x"] } }, 'invalid: bad format for add-host: "x"'],
  [
    "hostname in another's network",
    { Hostname: "h", HostConfig: { NetworkMode: "container:x" } },
    "invalid: conflicting options: hostname and the network mode",
  ],
  [
    "name servers in another's network",
    { HostConfig: { NetworkMode: "container:x", Dns: ["192.0.2.1"] } },
    "invalid: conflicting options: dns and the network mode",
  ],
  [
    "hosts in another's network",
    { HostConfig: { NetworkMode: "container:x", ExtraHosts: ["a:192.0.2.1"] } },
    "invalid: conflicting options: custom host-to-IP mapping and the network mode",
  ],
  [
    "links on the host's network",
    { HostConfig: { NetworkMode: "host", Links: ["x"] } },
    "invalid: conflicting options: host type networking can't be used with links. This would result in undefined behavior",
  ],
  [
    "nobody's network",
    { HostConfig: { NetworkMode: "container:" } },
    "invalid: Invalid network mode: invalid container format container:<name|id>",
  ],
  [
    "hostname with the host's",
    { Hostname: "h", HostConfig: { UTSMode: "host" } },
    "invalid: conflicting options: hostname and the UTS mode",
  ],
  ["swappiness", { HostConfig: { MemorySwappiness: 101 } }, "invalid: Invalid value: 101, valid memory swappiness range is 0-100"],
  ["cpus that are none", { HostConfig: { CpusetCpus: "x" } }, "invalid: Invalid value x for cpuset cpus: invalid format: x"],
  ["no command", { Cmd: null }, "invalid: No command specified"],
  ["a NUL", { Cmd: ["a\0b"] }, "invalid: invalid argument: it contains a NUL character"],
];

test("what Docker refuses is refused in its words, and leaves nothing", async () => {
  await using world = await openTestEngine();
  for (const [name, request, expected] of refused) {
    const withImage = name === "no image" ? request : { Image: "busybox", Cmd: ["true"], ...request };
    const result = await world.engine.containers.create({ name: null, platform: null, request: withImage, apiVersion: "1.51" }).then(
      () => "nothing",
      (error: BerthError) => `${error.kind}: ${error.message}`,
    );
    expect(`${name}: ${result}`).toBe(`${name}: ${expected}`);
  }
  expect(await world.engine.containers.list({ all: true, limit: 0, size: false, filters: {} })).toEqual([]);
});

test("inspect shows what Docker fills in", async () => {
  await using world = await openTestEngine();
  const { id } = await world.engine.containers.create({
    name: null,
    platform: null,
    request: { Image: "busybox", Cmd: ["true"], HostConfig: { Memory: 64 * 1024 * 1024, Binds: ["vv:/d", "/tmp/q:/q:ro"] } },
    apiVersion: "1.51",
  });
  const { HostConfig, Mounts } = await world.engine.containers.inspect(id, { size: false });
  expect(HostConfig).toMatchObject({
    NetworkMode: "default",
    IpcMode: "private",
    ShmSize: 67108864,
    Runtime: "crun",
    MemorySwap: 128 * 1024 * 1024,
    CapAdd: null,
    PidsLimit: null,
    LogConfig: { Type: "json-file", Config: {} },
  });
  expect(Object.keys(HostConfig).length).toBeGreaterThan(55);
  expect(Mounts).toEqual([
    {
      Type: "volume",
      Name: "vv",
      Source: `${world.root}/volumes/vv/_data`,
      Destination: "/d",
      Driver: "local",
      Mode: "z",
      RW: true,
      Propagation: "",
    },
    { Type: "bind", Source: "/tmp/q", Destination: "/q", Mode: "ro", RW: false, Propagation: "rprivate" },
  ]);
});

describe("the image's defaults", () => {
  const image = {
    Cmd: ["a"],
    Entrypoint: ["e"],
    Env: ["A=1", "B=2"],
    Labels: { x: "1", y: "2" },
    User: "ann",
    WorkingDir: "/w",
    StopSignal: "SIGINT",
  };

  test("hold where nothing is said", () => {
    expect(mergeConfig({}, image)).toMatchObject({
      Cmd: ["a"],
      Entrypoint: ["e"],
      Env: ["A=1", "B=2"],
      User: "ann",
      WorkingDir: "/w",
      StopSignal: "SIGINT",
    });
  });

  test("a command keeps the entrypoint, an entrypoint drops the command", () => {
    expect(mergeConfig({ Cmd: ["b"] }, image)).toMatchObject({ Cmd: ["b"], Entrypoint: ["e"] });
    expect(mergeConfig({ Entrypoint: ["f"] }, image)).toMatchObject({ Cmd: null, Entrypoint: ["f"] });
    expect(mergeConfig({ Entrypoint: [""], Cmd: ["b"] }, image)).toMatchObject({ Cmd: ["b"], Entrypoint: null });
  });

  test("variables and labels merge by name", () => {
    expect(mergeConfig({ Env: ["B=3", "C=4"], Labels: { y: "3" } }, image)).toMatchObject({
      Env: ["B=3", "C=4", "A=1"],
      Labels: { x: "1", y: "3" },
    });
  });
});
