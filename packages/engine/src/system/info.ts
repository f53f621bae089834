import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rfc3339OfMs } from "@berth/base";
import { logDrivers } from "../containers/create/check-log-config.ts";
import type { Core } from "../core.ts";

/** GET /info with Docker's keys, the newest version's and those that it dropped but older ones show (`BridgeNf…`). */
export async function systemInfo(core: Core): Promise<Record<string, unknown>> {
  const { host, settings, cgroups } = core;
  const has = (name: string): boolean => cgroups.controllers.includes(name);
  const v1 = cgroups.version !== "v2";
  const images = await core.images.list({ all: false, filters: {}, sharedSize: false }, () => []);
  return {
    ID: systemId(core),
    ...counts(core),
    Images: images.length,
    Driver: "overlay2",
    DriverStatus: driverStatus(core),
    Plugins: {
      Volume: ["local"],
      Network: ["bridge", "host", "null"],
      Authorization: null,
      Log: [...logDrivers],
    },
    MemoryLimit: has("memory"),
    SwapLimit: has("memory") && (v1 ? existsSync("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes") : existsSync("/proc/swaps")),
    KernelMemoryTCP: v1 && has("memory"),
    CpuCfsPeriod: has("cpu"),
    CpuCfsQuota: has("cpu"),
    CPUShares: has("cpu"),
    CPUSet: has("cpuset"),
    PidsLimit: has("pids"),
    IPv4Forwarding: readText("/proc/sys/net/ipv4/ip_forward") === "1",
    BridgeNfIptables: readText("/proc/sys/net/bridge/bridge-nf-call-iptables") === "1",
    BridgeNfIp6tables: readText("/proc/sys/net/bridge/bridge-nf-call-ip6tables") === "1",
    Debug: settings.debug,
    NFd: countDescriptors(),
    OomKillDisable: v1 && has("memory"),
    NGoroutines: 0,
    SystemTime: rfc3339OfMs(core.clock.nowMs()),
    LoggingDriver: settings.logDriver,
    CgroupDriver: "cgroupfs",
    CgroupVersion: v1 ? "1" : "2",
    NEventsListener: core.bus.listeners,
    KernelVersion: host.kernelVersion,
    OperatingSystem: host.operatingSystem,
    OSVersion: host.osVersion,
    OSType: "linux",
    Architecture: host.machine,
    IndexServerAddress: "https://index.docker.io/v1/",
    RegistryConfig: registryConfig(core),
    NCPU: host.cpuCount,
    MemTotal: host.memoryBytes,
    GenericResources: null,
    DockerRootDir: core.dataRoot,
    HttpProxy: withoutPassword(process.env["HTTP_PROXY"] ?? process.env["http_proxy"] ?? ""),
    HttpsProxy: withoutPassword(process.env["HTTPS_PROXY"] ?? process.env["https_proxy"] ?? ""),
    NoProxy: process.env["NO_PROXY"] ?? process.env["no_proxy"] ?? "",
    Name: host.hostname,
    Labels: [...settings.labels],
    ServerVersion: settings.serverVersion,
    Runtimes: Object.fromEntries(Object.entries(core.runtime.runtimes).map(([name, { path }]) => [name, { path }])),
    DefaultRuntime: core.runtime.defaultRuntime,
    Swarm: { NodeID: "", NodeAddr: "", LocalNodeState: "inactive", ControlAvailable: false, Error: "", RemoteManagers: null },
    LiveRestoreEnabled: settings.liveRestore,
    Isolation: "",
    InitBinary: settings.initPath?.split("/").at(-1) ?? "",
    ContainerdCommit: { ID: "" },
    RuncCommit: { ID: core.runtime.runtimes[core.runtime.defaultRuntime]?.version ?? "" },
    InitCommit: { ID: "" },
    SecurityOptions: securityOptions(core),
    FirewallBackend: { Driver: "nftables" },
    CDISpecDirs: [],
    Warnings: warnings(core),
  };
}

function counts(core: Core): Record<string, number> {
  const by = { running: 0, paused: 0, stopped: 0 };
  for (const { life } of core.records.all()) {
    if (life.status === "running" || life.status === "restarting") by.running++;
    else if (life.status === "paused") by.paused++;
    else by.stopped++;
  }
  return { Containers: core.records.size, ContainersRunning: by.running, ContainersPaused: by.paused, ContainersStopped: by.stopped };
}

/** The same for the life of a data root on a machine, in the form that old clients expect. */
export function systemId(core: Core): string {
  const machineId = readText("/etc/machine-id") || core.host.hostname;
  return (
    createHash("sha256").update(`${machineId}\0${core.dataRoot}`).digest("hex").toUpperCase().slice(0, 48).match(/.{4}/g)?.join(":") ?? ""
  );
}

const filesystems: Readonly<Record<number, string>> = {
  0xef53: "extfs",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x01021994: "tmpfs",
  0x2fc12fc1: "zfs",
  0x794c7630: "overlayfs",
};

function driverStatus(core: Core): [string, string][] {
  const type = core.kernel.statfs(core.dataRoot).type;
  return [
    ["Backing Filesystem", filesystems[type] ?? `0x${type.toString(16)}`],
    ["Supports d_type", "true"],
    ["Using metacopy", "false"],
    ["Native Overlay Diff", "true"],
    ["userxattr", "false"],
  ];
}

function registryConfig(core: Core): Record<string, unknown> {
  const { insecureRegistries, registryMirrors } = core.settings;
  const cidrs = insecureRegistries.filter((entry) => entry.includes("/"));
  const names = insecureRegistries.filter((entry) => !entry.includes("/"));
  const index = (name: string, official: boolean): Record<string, unknown> => ({
    Name: name,
    Mirrors: official ? [...registryMirrors] : [],
    Secure: official,
    Official: official,
  });
  return {
    InsecureRegistryCIDRs: [...cidrs, "::1/128", "127.0.0.0/8"],
    IndexConfigs: { "docker.io": index("docker.io", true), ...Object.fromEntries(names.map((name) => [name, index(name, false)])) },
    Mirrors: [...registryMirrors],
  };
}

function securityOptions(core: Core): string[] {
  const { facts } = core.security;
  return [
    ...(facts.appArmor ? ["name=apparmor"] : []),
    ...(facts.seccomp
      ? [
          `name=seccomp,profile=${facts.seccompProfile === "default" ? "builtin" : facts.seccompProfile === "unconfined" ? "unconfined" : "custom"}`,
        ]
      : []),
    ...(core.cgroups.version === "v2" ? ["name=cgroupns"] : []),
    ...(facts.noNewPrivileges ? ["name=no-new-privileges"] : []),
  ];
}

function warnings(core: Core): string[] {
  const found = [...core.runtime.warnings];
  const missing: readonly (readonly [string, string])[] = [
    ["memory", "memory limit"],
    ["pids", "pids limit"],
    ["cpu", "cpu shares"],
    ["cpuset", "cpuset"],
  ];
  for (const [controller, what] of missing) if (!core.cgroups.controllers.includes(controller)) found.push(`WARNING: No ${what} support`);
  if (readText("/proc/sys/net/ipv4/ip_forward") !== "1") found.push("WARNING: IPv4 forwarding is disabled");
  return found;
}

function countDescriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return -1;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

/** A proxy's address may carry a password. */
function withoutPassword(address: string): string {
  return address.replace(/\/\/[^/@]*@/, "//xxxxx:xxxxx@");
}
