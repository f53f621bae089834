import {
  added,
  any,
  boolean,
  list,
  loosened,
  map,
  nullable,
  number,
  object,
  optional,
  type Shape,
  since,
  string,
  strings,
} from "../shape.ts";

// Up to 1.41: the types of moby v20.10.24 (api/types/{types,configs}.go, api/types/container, api/types/network). Each later version: the same
// types in the release that brought it, v23.0.0 (1.42), v24.0.0 (1.43), v25.0.0 (1.44), v26.0.0 (1.45), v27.0.1 (1.46), v27.2.0 (1.47), v28.0.0 (1.48),
// v28.1.0 (1.49), v28.2.0 (1.50), v28.3.0 (1.51), and api/docs/v1.24.md to v1.51.yaml. What a daemon takes out for older clients:
// api/server/router/container of v28.5.2.

/** Ports and their bindings. */
const portMap = map(nullable(list(object({ HostIp: string, HostPort: string }))));
/** A set of names. */
const emptyObjects = map(object({}));
const throttle = nullable(list(object({ Path: string, Rate: number })));

const endpoint = object({
  IPAMConfig: nullable(object({ IPv4Address: optional(string), IPv6Address: optional(string), LinkLocalIPs: optional(strings) })),
  Links: nullable(strings),
  Aliases: nullable(strings),
  MacAddress: string,
  DriverOpts: nullable(map(string)),
  GwPriority: added("1.48", number),
  NetworkID: string,
  EndpointID: string,
  Gateway: string,
  IPAddress: string,
  IPPrefixLen: number,
  IPv6Gateway: string,
  GlobalIPv6Address: string,
  GlobalIPv6PrefixLen: number,
  DNSNames: added("1.44", nullable(strings)),
});

const mountPoint = object({
  Type: optional(string),
  Name: optional(string),
  Source: string,
  Destination: string,
  Driver: optional(string),
  Mode: string,
  RW: boolean,
  Propagation: string,
});

const mount = object({
  Type: optional(string),
  Source: optional(string),
  Target: optional(string),
  ReadOnly: optional(boolean),
  Consistency: optional(string),
  BindOptions: optional(
    object({
      Propagation: optional(string),
      NonRecursive: optional(boolean),
      CreateMountpoint: optional(boolean),
      ReadOnlyNonRecursive: optional(boolean),
      ReadOnlyForceRecursive: optional(boolean),
    }),
  ),
  VolumeOptions: optional(
    object({
      NoCopy: optional(boolean),
      Labels: optional(map(string)),
      Subpath: optional(string),
      DriverConfig: optional(object({ Name: optional(string), Options: optional(map(string)) })),
    }),
  ),
  ImageOptions: optional(object({ Subpath: optional(string) })),
  TmpfsOptions: optional(object({ SizeBytes: optional(number), Mode: optional(number), Options: optional(list(strings)) })),
});

/** `Config` of a container, and of an image before 1.50. */
export const configKeys: Readonly<Record<string, Shape>> = {
  Hostname: string,
  Domainname: string,
  User: string,
  AttachStdin: boolean,
  AttachStdout: boolean,
  AttachStderr: boolean,
  ExposedPorts: optional(emptyObjects),
  Tty: boolean,
  OpenStdin: boolean,
  StdinOnce: boolean,
  Env: nullable(strings),
  Cmd: nullable(strings),
  Healthcheck: optional(
    object({
      Test: optional(strings),
      Interval: optional(number),
      Timeout: optional(number),
      StartPeriod: optional(number),
      StartInterval: optional(number),
      Retries: optional(number),
    }),
  ),
  ArgsEscaped: optional(boolean),
  Image: string,
  Volumes: nullable(emptyObjects),
  WorkingDir: string,
  Entrypoint: nullable(strings),
  NetworkDisabled: optional(boolean),
  MacAddress: optional(string),
  OnBuild: nullable(strings),
  Labels: nullable(map(string)),
  StopSignal: optional(string),
  StopTimeout: optional(number),
  Shell: optional(strings),
};

const hostConfig = object({
  Binds: nullable(strings),
  ContainerIDFile: string,
  LogConfig: object({ Type: string, Config: nullable(map(string)) }),
  NetworkMode: string,
  PortBindings: nullable(portMap),
  RestartPolicy: object({ Name: string, MaximumRetryCount: number }),
  AutoRemove: boolean,
  VolumeDriver: string,
  VolumesFrom: nullable(strings),
  ConsoleSize: list(number),
  Annotations: optional(map(string)),
  CapAdd: nullable(strings),
  CapDrop: nullable(strings),
  CgroupnsMode: string,
  Dns: nullable(strings),
  DnsOptions: nullable(strings),
  DnsSearch: nullable(strings),
  ExtraHosts: nullable(strings),
  GroupAdd: nullable(strings),
  IpcMode: string,
  Cgroup: string,
  Links: nullable(strings),
  OomScoreAdj: number,
  PidMode: string,
  Privileged: boolean,
  PublishAllPorts: boolean,
  ReadonlyRootfs: boolean,
  SecurityOpt: nullable(strings),
  StorageOpt: optional(map(string)),
  Tmpfs: optional(map(string)),
  UTSMode: string,
  UsernsMode: string,
  ShmSize: number,
  Sysctls: optional(map(string)),
  Runtime: optional(string),
  Isolation: string,
  CpuShares: number,
  Memory: number,
  NanoCpus: number,
  CgroupParent: string,
  BlkioWeight: number,
  BlkioWeightDevice: nullable(list(object({ Path: string, Weight: number }))),
  BlkioDeviceReadBps: throttle,
  BlkioDeviceWriteBps: throttle,
  BlkioDeviceReadIOps: throttle,
  BlkioDeviceWriteIOps: throttle,
  CpuPeriod: number,
  CpuQuota: number,
  CpuRealtimePeriod: number,
  CpuRealtimeRuntime: number,
  CpusetCpus: string,
  CpusetMems: string,
  Devices: nullable(list(object({ PathOnHost: string, PathInContainer: string, CgroupPermissions: string }))),
  DeviceCgroupRules: nullable(strings),
  DeviceRequests: nullable(list(any)),
  KernelMemory: loosened("1.42", number),
  KernelMemoryTCP: loosened("1.42", number),
  MemoryReservation: number,
  MemorySwap: number,
  MemorySwappiness: nullable(number),
  OomKillDisable: nullable(boolean),
  PidsLimit: nullable(number),
  Ulimits: nullable(list(object({ Name: string, Hard: number, Soft: number }))),
  CpuCount: number,
  CpuPercent: number,
  IOMaximumIOps: number,
  IOMaximumBandwidth: number,
  Mounts: optional(list(mount)),
  MaskedPaths: nullable(strings),
  ReadonlyPaths: nullable(strings),
  Init: optional(boolean),
});

const address = nullable(list(object({ Addr: string, PrefixLen: number })));

const networkSettings = object({
  Bridge: string,
  SandboxID: string,
  SandboxKey: string,
  Ports: nullable(portMap),
  HairpinMode: boolean,
  LinkLocalIPv6Address: string,
  LinkLocalIPv6PrefixLen: number,
  SecondaryIPAddresses: address,
  SecondaryIPv6Addresses: address,
  EndpointID: string,
  Gateway: string,
  GlobalIPv6Address: string,
  GlobalIPv6PrefixLen: number,
  IPAddress: string,
  IPPrefixLen: number,
  IPv6Gateway: string,
  MacAddress: string,
  Networks: map(endpoint),
});

const health = object({
  Status: string,
  FailingStreak: number,
  Log: nullable(list(object({ Start: string, End: string, ExitCode: number, Output: string }))),
});

/** Beyond Docker: when a restart comes, and programs that nobody waited for. */
const extras = object({
  NextStart: optional(object({ At: string, DelayMs: number })),
  Zombies: optional(object({ Count: number, Processes: list(object({ Pid: number, ParentPid: number, Command: string })) })),
});

/** OCI descriptor of the manifest; only daemons with containerd's image store send it. */
const manifest = since("1.48", optional(any));

/** GET /containers/{name}/json. */
export const containerInspect: Shape = object({
  Id: string,
  Created: string,
  Path: string,
  Args: strings,
  State: object({
    Status: string,
    Running: boolean,
    Paused: boolean,
    Restarting: boolean,
    OOMKilled: boolean,
    Dead: boolean,
    Pid: number,
    ExitCode: number,
    Error: string,
    StartedAt: string,
    FinishedAt: string,
    Health: optional(health),
  }),
  Image: string,
  ResolvConfPath: string,
  HostnamePath: string,
  HostsPath: string,
  LogPath: string,
  Name: string,
  RestartCount: number,
  Driver: string,
  Platform: string,
  MountLabel: string,
  ProcessLabel: string,
  AppArmorProfile: string,
  ExecIDs: nullable(strings),
  HostConfig: hostConfig,
  GraphDriver: object({ Data: nullable(map(string)), Name: string }),
  SizeRw: optional(number),
  SizeRootFs: optional(number),
  Mounts: list(mountPoint),
  Config: object(configKeys),
  NetworkSettings: networkSettings,
  Berth: optional(extras),
  ImageManifestDescriptor: manifest,
});

/** GET /containers/json. */
export const containerList: Shape = list(
  object({
    Id: string,
    Names: strings,
    Image: string,
    ImageID: string,
    Command: string,
    Created: number,
    Ports: list(object({ IP: optional(string), PrivatePort: number, PublicPort: optional(number), Type: string })),
    SizeRw: optional(number),
    SizeRootFs: optional(number),
    Labels: map(string),
    State: string,
    Status: string,
    HostConfig: object({ NetworkMode: optional(string), Annotations: since("1.46", optional(map(string))) }),
    NetworkSettings: object({ Networks: map(endpoint) }),
    Mounts: list(mountPoint),
    ImageManifestDescriptor: manifest,
  }),
);

/** POST /containers/create. */
export const containerCreated: Shape = object({ Id: string, Warnings: strings });

/** POST /containers/{name}/wait: `Error` was null before 1.42 and is left out since. */
export const containerWaited: Shape = object({
  StatusCode: number,
  Error: loosened("1.42", nullable(object({ Message: optional(string) }))),
});

/** POST /containers/{name}/update: `UpdateResponse`, whose list is nil without warnings. */
export const containerUpdated: Shape = object({ Warnings: nullable(strings) });

/** GET /containers/{name}/changes: null when there are none. */
export const containerChanges: Shape = nullable(list(object({ Path: string, Kind: number })));

/** GET /containers/{name}/top. */
export const containerTop: Shape = object({ Titles: strings, Processes: list(strings) });

/** POST /containers/prune. */
export const containersPruned: Shape = object({ ContainersDeleted: nullable(strings), SpaceReclaimed: number });
