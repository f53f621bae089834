import { withLogDefaults } from "../../logs/config/defaults.ts";
import type { HostConfig, PortMap } from "@berth/spec";

/** What the daemon fills in where a request says nothing. */
export interface HostConfigDefaults {
  readonly runtime: string;
  readonly cgroupnsMode: "host" | "private";
  readonly ipcMode: string;
  readonly shmSizeBytes: number;
  readonly logDriver: string;
  readonly logOptions: Readonly<Record<string, string>>;
  readonly cgroupV2: boolean;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
}

/** A whole HostConfig as inspect shows it: every key of Docker's, in its order; lists that nobody set are null. */
export function fillHostConfig(request: Partial<HostConfig>, defaults: HostConfigDefaults): HostConfig {
  const privileged = request.Privileged ?? false;
  const memory = request.Memory ?? 0;
  const swap = request.MemorySwap ?? 0;
  const logType = request.LogConfig?.Type || defaults.logDriver;
  const logOptions = withLogDefaults(
    { Type: logType, Config: request.LogConfig?.Config ?? {} },
    { Type: defaults.logDriver, Config: defaults.logOptions },
  );
  return {
    Binds: request.Binds ?? null,
    ContainerIDFile: request.ContainerIDFile ?? "",
    LogConfig: { Type: logType, Config: logOptions },
    NetworkMode: request.NetworkMode || "default",
    PortBindings: request.PortBindings === undefined || request.PortBindings === null ? null : fillBindings(request.PortBindings),
    RestartPolicy: {
      Name: request.RestartPolicy?.Name ?? "",
      MaximumRetryCount: request.RestartPolicy?.MaximumRetryCount ?? 0,
    },
    AutoRemove: request.AutoRemove ?? false,
    VolumeDriver: request.VolumeDriver ?? "",
    VolumesFrom: request.VolumesFrom ?? null,
    ConsoleSize: request.ConsoleSize ?? [0, 0],
    ...(request.Annotations === undefined || request.Annotations === null ? {} : { Annotations: request.Annotations }),
    CapAdd: request.CapAdd ?? null,
    CapDrop: request.CapDrop ?? null,
    // On v2 also privileged containers have a namespace of their own, or their cgroups would lie beside everybody's.
    CgroupnsMode: request.CgroupnsMode || (privileged && !defaults.cgroupV2 ? "host" : defaults.cgroupnsMode),
    Dns: request.Dns ?? null,
    DnsOptions: request.DnsOptions ?? null,
    DnsSearch: request.DnsSearch ?? null,
    ExtraHosts: request.ExtraHosts ?? null,
    GroupAdd: request.GroupAdd ?? null,
    IpcMode: request.IpcMode || defaults.ipcMode,
    Cgroup: request.Cgroup ?? "",
    Links: request.Links ?? null,
    OomScoreAdj: request.OomScoreAdj ?? 0,
    PidMode: request.PidMode ?? "",
    Privileged: privileged,
    PublishAllPorts: request.PublishAllPorts ?? false,
    ReadonlyRootfs: request.ReadonlyRootfs ?? false,
    SecurityOpt: securityOptions(request),
    ...(request.StorageOpt === undefined || request.StorageOpt === null ? {} : { StorageOpt: request.StorageOpt }),
    ...(request.Tmpfs === undefined || request.Tmpfs === null ? {} : { Tmpfs: request.Tmpfs }),
    UTSMode: request.UTSMode ?? "",
    UsernsMode: request.UsernsMode ?? "",
    ShmSize: request.ShmSize || defaults.shmSizeBytes,
    ...(request.Sysctls === undefined || request.Sysctls === null ? {} : { Sysctls: request.Sysctls }),
    Runtime: request.Runtime || defaults.runtime,
    Isolation: request.Isolation ?? "",
    CpuShares: request.CpuShares ?? 0,
    Memory: memory,
    NanoCpus: request.NanoCpus ?? 0,
    CgroupParent: request.CgroupParent ?? "",
    BlkioWeight: request.BlkioWeight ?? 0,
    BlkioWeightDevice: request.BlkioWeightDevice ?? null,
    BlkioDeviceReadBps: request.BlkioDeviceReadBps ?? null,
    BlkioDeviceWriteBps: request.BlkioDeviceWriteBps ?? null,
    BlkioDeviceReadIOps: request.BlkioDeviceReadIOps ?? null,
    BlkioDeviceWriteIOps: request.BlkioDeviceWriteIOps ?? null,
    CpuPeriod: request.CpuPeriod ?? 0,
    CpuQuota: request.CpuQuota ?? 0,
    CpuRealtimePeriod: request.CpuRealtimePeriod ?? 0,
    CpuRealtimeRuntime: request.CpuRealtimeRuntime ?? 0,
    CpusetCpus: request.CpusetCpus ?? "",
    CpusetMems: request.CpusetMems ?? "",
    Devices: request.Devices ?? null,
    DeviceCgroupRules: request.DeviceCgroupRules ?? null,
    DeviceRequests: request.DeviceRequests ?? null,
    MemoryReservation: request.MemoryReservation ?? 0,
    // A limit without a swap limit means as much swap again.
    MemorySwap: memory > 0 && swap === 0 ? memory * 2 : swap,
    // The CLI sends -1 for "not said".
    MemorySwappiness: request.MemorySwappiness === -1 ? null : (request.MemorySwappiness ?? null),
    OomKillDisable: request.OomKillDisable ?? false,
    PidsLimit: request.PidsLimit ?? null,
    Ulimits: request.Ulimits ?? null,
    CpuCount: request.CpuCount ?? 0,
    CpuPercent: request.CpuPercent ?? 0,
    IOMaximumIOps: request.IOMaximumIOps ?? 0,
    IOMaximumBandwidth: request.IOMaximumBandwidth ?? 0,
    ...(request.Mounts === undefined || request.Mounts === null || request.Mounts.length === 0 ? {} : { Mounts: request.Mounts }),
    MaskedPaths: request.MaskedPaths ?? (privileged ? null : [...defaults.maskedPaths]),
    ReadonlyPaths: request.ReadonlyPaths ?? (privileged ? null : [...defaults.readonlyPaths]),
    ...(request.Init === undefined || request.Init === null ? {} : { Init: request.Init }),
  };
}

/** What shares the host's processes or memory cannot be labelled apart from it: Docker says so, unless the request speaks of labels itself. */
function securityOptions({ SecurityOpt, IpcMode, PidMode, Privileged }: Partial<HostConfig>): string[] | null {
  const own = SecurityOpt ?? null;
  if (IpcMode !== "host" && PidMode !== "host" && Privileged !== true) return own;
  return own?.some((option) => /^label[=:]/.test(option)) === true ? own : [...(own ?? []), "label=disable"];
}

function fillBindings(bindings: PortMap): PortMap {
  return Object.fromEntries(
    Object.entries(bindings).map(([port, hosts]) => [
      port,
      hosts === null ? null : hosts.map((host) => ({ HostIp: host.HostIp ?? "", HostPort: host.HostPort ?? "" })),
    ]),
  );
}
