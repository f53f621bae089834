import { expect, test } from "bun:test";
import type { ContainerCreateRequest, ContainerInspect, ImageInspect, ImageSummary, MountSpec } from "@berth/spec";
import { gateInspect, gateSummaries } from "./container.ts";
import { gateCreate } from "./create.ts";
import { gateImageInspect, gateImageRows } from "./image.ts";
import { gateInfo } from "./info.ts";
import { streamType } from "./stream.ts";
import { gateWait } from "./wait.ts";

const image = { Id: "sha256:1", Size: 7, Config: { Cmd: ["sh"] }, Descriptor: { mediaType: "m", digest: "d", size: 1 } } as ImageInspect;

test("an image's inspect by version", () => {
  const at = (version: string): Record<string, unknown> => gateImageInspect(image, version) as Record<string, unknown>;
  expect(at("1.43")).toMatchObject({ VirtualSize: 7, Container: "", Config: { Hostname: "", Cmd: ["sh"] } });
  expect(at("1.44")).not.toHaveProperty("VirtualSize");
  expect(at("1.44")).toHaveProperty("ContainerConfig");
  expect(at("1.45")).not.toHaveProperty("ContainerConfig");
  expect(at("1.47")).not.toHaveProperty("Descriptor");
  expect(at("1.48")).toHaveProperty("Descriptor");
  expect(at("1.49")["Config"]).toHaveProperty("AttachStdin", false);
  const noisy = {
    ...image,
    Config: { ...image.Config, Hostname: "h", StopTimeout: 3, StopSignal: "SIGINT", Whatever: 1 } as ImageInspect["Config"],
  };
  expect(gateImageInspect(noisy, "1.49")).toMatchObject({ Config: { Hostname: "h", StopTimeout: 3, StopSignal: "SIGINT" } });
  expect(gateImageInspect(noisy, "1.49")).not.toHaveProperty("Config.Whatever");
  const newest = (gateImageInspect(noisy, "1.50") as { Config: object }).Config;
  expect(newest).toEqual({ ...(at("1.50")["Config"] as object), StopSignal: "SIGINT" });
  expect(at("1.50")["Config"]).toEqual({
    User: "",
    Env: null,
    Cmd: ["sh"],
    Volumes: null,
    WorkingDir: "",
    Entrypoint: null,
    OnBuild: null,
    Labels: null,
  });
});

test("rows of images by version", () => {
  const row = { Id: "a", RepoTags: [], RepoDigests: [], Size: 5, Containers: 2 } as unknown as ImageSummary;
  const at = (version: string): unknown => (gateImageRows([row], version) as unknown[])[0];
  expect(at("1.42")).toMatchObject({ RepoTags: ["<none>:<none>"], RepoDigests: ["<none>@<none>"], VirtualSize: 5, Containers: -1 });
  expect(at("1.43")).toMatchObject({ RepoTags: [], RepoDigests: [], VirtualSize: 5 });
  const tagged: ImageSummary = { ...row, RepoTags: ["a:1"] };
  expect(gateImageRows([tagged], "1.41")).toMatchObject([{ RepoTags: ["a:1"], RepoDigests: null }]);
  expect(at("1.44")).not.toHaveProperty("VirtualSize");
  expect(at("1.51")).toMatchObject({ Containers: 2 });
});

test("a container's inspect by version", () => {
  const container = {
    Id: "0123456789abcdef",
    Config: { Hostname: "web", Healthcheck: { StartInterval: 5, Retries: 1 } },
    NetworkSettings: { Networks: { mine: { Aliases: ["a"], DNSNames: ["n"], GwPriority: 0 }, bridge: { Aliases: null, DNSNames: null } } },
  } as unknown as ContainerInspect;
  expect(gateInspect(container, "1.48")).toBe(container);
  expect(gateInspect(container, "1.47")).toMatchObject({ NetworkSettings: { Networks: { mine: { Aliases: ["a"] } } } });
  expect(gateInspect(container, "1.44")).toMatchObject({
    Config: { Healthcheck: { StartInterval: 5 } },
    NetworkSettings: { Networks: { mine: { Aliases: ["a", "0123456789ab", "web"], DNSNames: ["n"] }, bridge: { Aliases: null } } },
  });
  const old = gateInspect(container, "1.43") as ContainerInspect;
  expect(old.Config.Healthcheck).toEqual({ Retries: 1 });
  expect(JSON.stringify(old.NetworkSettings.Networks["mine"])).toMatch(/^{"Aliases":[^:]*}$/);
  expect(old.HostConfig).toBeUndefined();
  expect(gateInspect(container, "1.41")).toMatchObject({ HostConfig: { KernelMemory: 0, KernelMemoryTCP: 0 } });
  const row = {
    HostConfig: { NetworkMode: "bridge", Annotations: { a: "b" } },
    NetworkSettings: { Networks: { bridge: { Gateway: "g", DNSNames: null, GwPriority: 0 } } },
  };
  const at = (version: string): unknown => (gateSummaries([row] as never, version) as unknown[])[0];
  const networks = (endpoint: object): object => ({ Networks: { bridge: endpoint } });
  expect(at("1.43")).toEqual({ HostConfig: { NetworkMode: "bridge" }, NetworkSettings: networks({ Gateway: "g" }) });
  expect(at("1.46")).toEqual({ HostConfig: row.HostConfig, NetworkSettings: networks({ Gateway: "g", DNSNames: null }) });
  expect(at("1.48")).toEqual(row);
});

test("info by version", () => {
  const info = {
    Runtimes: { crun: { path: "crun", status: { a: "b" } } },
    Containerd: {},
    RegistryConfig: { Mirrors: [] },
    FirewallBackend: {},
    RuncCommit: { ID: "x" },
    BridgeNfIptables: true,
    SecurityOptions: ["name=seccomp,profile=builtin", "name=cgroupns"],
    DiscoveredDevices: [],
  };
  const at = (version: string): Record<string, unknown> => gateInfo(info, version) as Record<string, unknown>;
  expect(at("1.43")["Runtimes"]).toEqual({ crun: { path: "crun" } });
  expect(at("1.44")["Runtimes"]).toEqual(info.Runtimes);
  expect(at("1.45")).not.toHaveProperty("Containerd");
  expect(at("1.46")["RegistryConfig"]).toHaveProperty("AllowNondistributableArtifactsCIDRs", null);
  expect(at("1.47")["RegistryConfig"]).toEqual({ Mirrors: [] });
  expect(at("1.48")).toMatchObject({ RuncCommit: { ID: "x", Expected: "x" } });
  expect(at("1.48")).not.toHaveProperty("FirewallBackend");
  expect(at("1.49")).toMatchObject({ RuncCommit: { ID: "x" }, BridgeNfIptables: true, BridgeNfIp6tables: false });
  expect(at("1.49")["RuncCommit"]).toEqual({ ID: "x" });
  const { BridgeNfIptables: _, ...newest } = info;
  expect(at("1.50")).toEqual(newest);
  expect(at("1.24")["SecurityOptions"]).toEqual(["seccomp", "cgroupns"]);
  expect(at("1.25")["SecurityOptions"]).toEqual(info.SecurityOptions);
});

test("create by version", () => {
  const mounts = (mount: MountSpec, version: string): MountSpec | undefined =>
    gateCreate({ HostConfig: { Mounts: [mount] } }, version).request.HostConfig?.Mounts?.[0];
  const bind = { Type: "bind", Target: "/x", BindOptions: { NonRecursive: true, CreateMountpoint: true } };
  expect(mounts(bind, "1.39")?.BindOptions).toEqual({ ReadOnlyNonRecursive: true });
  expect(mounts(bind, "1.41")?.BindOptions).toEqual({ NonRecursive: true, ReadOnlyNonRecursive: true });
  expect(mounts(bind, "1.44")?.BindOptions).toEqual({ NonRecursive: true, CreateMountpoint: true });
  expect(mounts({ Type: "bind", Target: "/x", TmpfsOptions: {} }, "1.41")).toEqual({ Type: "bind", Target: "/x" });
  const host = (version: string): unknown =>
    gateCreate({ HostConfig: { Annotations: { a: "b" }, ConsoleSize: [1, 2], PidsLimit: 5 } }, version).request.HostConfig;
  expect(host("1.39")).toEqual({ IpcMode: "shareable" });
  expect(host("1.42")).toEqual({ ConsoleSize: [1, 2], PidsLimit: 5 });
  expect(host("1.43")).toEqual({ Annotations: { a: "b" }, ConsoleSize: [1, 2], PidsLimit: 5 });
  const removal = (version: string): unknown => gateCreate({ HostConfig: { AutoRemove: true } }, version).request.HostConfig?.AutoRemove;
  expect([removal("1.24"), removal("1.25")]).toEqual([undefined, true]);
  const volume = (name?: string): ContainerCreateRequest => ({
    HostConfig: {
      VolumeDriver: "x",
      Mounts: [{ Type: "volume", Target: "/x", VolumeOptions: name === undefined ? {} : { DriverConfig: { Name: name } } }],
    },
  });
  expect(gateCreate(volume(), "1.47").warnings).toEqual([]);
  expect(gateCreate(volume(), "1.48").warnings).toEqual([expect.stringContaining("volume-driver configuration is ignored")]);
  expect(gateCreate(volume("local"), "1.48").warnings).toEqual([]);
  const start = { Healthcheck: { StartInterval: 5 } };
  expect(gateCreate(start, "1.43").request.Healthcheck?.StartInterval).toBe(0);
  expect(gateCreate(start, "1.44").request.Healthcheck?.StartInterval).toBe(5);
  expect(gateCreate({ MacAddress: "02:42:ac:11:00:02" }, "1.44").warnings).toHaveLength(1);
  expect(gateCreate({ MacAddress: "02:42:ac:11:00:02" }, "1.43").warnings).toEqual([]);
});

test("what was asked for is not changed", () => {
  const request = Object.freeze({
    HostConfig: Object.freeze({ Mounts: Object.freeze([Object.freeze({ Type: "bind", Target: "/x" })]) as never }),
  });
  expect(() => gateCreate(request, "1.24")).not.toThrow();
});

test("streams and waits by version", () => {
  expect(streamType({ framed: true, version: "1.41" })).toBe("application/vnd.docker.raw-stream");
  expect(streamType({ framed: true, version: "1.42" })).toBe("application/vnd.docker.multiplexed-stream");
  expect(streamType({ framed: false, version: "1.51" })).toBe("application/vnd.docker.raw-stream");
  expect(gateWait({ StatusCode: 0, Error: null }, "1.41")).toEqual({ Error: null, StatusCode: 0 });
  expect(gateWait({ StatusCode: 0, Error: null }, "1.42")).toEqual({ StatusCode: 0 });
  expect(gateWait({ StatusCode: 1, Error: { Message: "x" } }, "1.42")).toEqual({ StatusCode: 1, Error: { Message: "x" } });
});
