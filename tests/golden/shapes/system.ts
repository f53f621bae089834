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
  until,
} from "../shape.ts";

// Releases as in container.ts: api/types/types.go, api/types/system/info.go, api/types/registry, api/types/events. What a daemon takes out or puts
// back for older clients: api/server/router/system/system_routes.go of v28.5.2.

/** A tool's commit; `Expected` left with 1.49. */
const commit = object({ ID: string, Expected: until("1.49", string) });

/** GET /info. */
export const info: Shape = object({
  ID: string,
  Containers: number,
  ContainersRunning: number,
  ContainersPaused: number,
  ContainersStopped: number,
  Images: number,
  Driver: string,
  DriverStatus: list(strings),
  Plugins: object({ Volume: strings, Network: strings, Authorization: nullable(strings), Log: strings }),
  MemoryLimit: boolean,
  SwapLimit: boolean,
  KernelMemory: until("1.42", boolean),
  KernelMemoryTCP: loosened("1.42", boolean),
  CpuCfsPeriod: boolean,
  CpuCfsQuota: boolean,
  CPUShares: boolean,
  CPUSet: boolean,
  PidsLimit: boolean,
  IPv4Forwarding: boolean,
  BridgeNfIptables: until("1.50", boolean),
  BridgeNfIp6tables: until("1.50", boolean),
  Debug: boolean,
  NFd: number,
  OomKillDisable: boolean,
  NGoroutines: number,
  SystemTime: string,
  LoggingDriver: string,
  CgroupDriver: string,
  CgroupVersion: optional(string),
  NEventsListener: number,
  KernelVersion: string,
  OperatingSystem: string,
  OSVersion: string,
  OSType: string,
  Architecture: string,
  IndexServerAddress: string,
  RegistryConfig: object({
    AllowNondistributableArtifactsCIDRs: until("1.47", nullable(strings)),
    AllowNondistributableArtifactsHostnames: until("1.47", nullable(strings)),
    InsecureRegistryCIDRs: strings,
    IndexConfigs: map(object({ Name: string, Mirrors: nullable(strings), Secure: boolean, Official: boolean })),
    Mirrors: nullable(strings),
  }),
  NCPU: number,
  MemTotal: number,
  GenericResources: nullable(list(any)),
  DockerRootDir: string,
  HttpProxy: string,
  HttpsProxy: string,
  NoProxy: string,
  Name: string,
  Labels: strings,
  ExperimentalBuild: boolean,
  ServerVersion: string,
  Runtimes: map(
    object({
      path: optional(string),
      runtimeArgs: optional(strings),
      runtimeType: optional(string),
      options: optional(any),
      status: since("1.44", optional(map(string))),
    }),
  ),
  DefaultRuntime: string,
  Swarm: object({
    NodeID: string,
    NodeAddr: string,
    LocalNodeState: string,
    ControlAvailable: boolean,
    Error: string,
    RemoteManagers: nullable(list(any)),
    Nodes: optional(number),
    Managers: optional(number),
    Cluster: optional(any),
    Warnings: optional(strings),
  }),
  LiveRestoreEnabled: boolean,
  Isolation: string,
  InitBinary: string,
  ContainerdCommit: commit,
  RuncCommit: commit,
  InitCommit: commit,
  SecurityOptions: strings,
  ProductLicense: optional(string),
  DefaultAddressPools: optional(list(object({ Base: string, Size: number }))),
  FirewallBackend: since("1.49", optional(object({ Driver: string, Info: optional(list(strings)) }))),
  CDISpecDirs: added("1.44", strings),
  DiscoveredDevices: since("1.50", optional(list(object({ Source: string, ID: string })))),
  Containerd: since("1.46", optional(any)),
  Warnings: nullable(strings),
});

/** GET /version. */
export const version: Shape = object({
  Platform: optional(object({ Name: string })),
  Components: optional(list(object({ Name: string, Version: string, Details: optional(map(string)) }))),
  Version: string,
  ApiVersion: string,
  MinAPIVersion: optional(string),
  GitCommit: string,
  GoVersion: string,
  Os: string,
  Arch: string,
  KernelVersion: optional(string),
  Experimental: optional(boolean),
  BuildTime: optional(string),
});

/** One line of GET /events; `status`, `id` and `from` stand on containers' and images' events only, up to 1.51. */
export const event: Shape = object({
  status: optional(string),
  id: optional(string),
  from: optional(string),
  Type: string,
  Action: string,
  Actor: object({ ID: string, Attributes: map(string) }),
  scope: optional(string),
  time: optional(number),
  timeNano: optional(number),
});

/** The body of every error. */
export const error: Shape = object({ message: string });

/** GET /plugins without plugins. */
export const plugins: Shape = list(any);
