import { goShape } from "@berth/spec";

const { any, bool, empty, int, int64, list, map, object, string, stringsOrString, uint, uint16, uint64 } = goShape;

const strings = list(string);
const weightDevice = object("WeightDevice", { Path: string, Weight: uint16 });
const throttleDevice = object("ThrottleDevice", { Path: string, Rate: uint64 });

/** Body of an endpoint's settings (create, network connect). */
export const endpointSettings: goShape.Shape = object("EndpointSettings", {
  IPAMConfig: object("EndpointIPAMConfig", { IPv4Address: string, IPv6Address: string, LinkLocalIPs: strings }),
  Links: strings,
  Aliases: strings,
  MacAddress: string,
  DriverOpts: map(string),
  GwPriority: int,
  NetworkID: string,
  EndpointID: string,
  Gateway: string,
  IPAddress: string,
  IPPrefixLen: int,
  IPv6Gateway: string,
  GlobalIPv6Address: string,
  GlobalIPv6PrefixLen: int,
  DNSNames: strings,
});

const healthcheck = object("HealthConfig", {
  Test: strings,
  Interval: int64,
  Timeout: int64,
  StartPeriod: int64,
  StartInterval: int64,
  Retries: int,
});

const mount = object("Mount", {
  Type: string,
  Source: string,
  Target: string,
  ReadOnly: bool,
  Consistency: string,
  BindOptions: object("BindOptions", {
    Propagation: string,
    NonRecursive: bool,
    CreateMountpoint: bool,
    ReadOnlyNonRecursive: bool,
    ReadOnlyForceRecursive: bool,
  }),
  VolumeOptions: object("VolumeOptions", {
    NoCopy: bool,
    Labels: map(string),
    Subpath: string,
    DriverConfig: object("Driver", { Name: string, Options: map(string) }),
  }),
  ImageOptions: object("ImageOptions", { Subpath: string }),
  TmpfsOptions: object("TmpfsOptions", { SizeBytes: int64, Mode: uint, Options: list(strings) }),
});

const restartPolicy = object("RestartPolicy", { Name: string, MaximumRetryCount: int });

const resources = {
  CpuShares: int64,
  Memory: int64,
  NanoCpus: int64,
  CgroupParent: string,
  BlkioWeight: uint16,
  BlkioWeightDevice: list(weightDevice),
  BlkioDeviceReadBps: list(throttleDevice),
  BlkioDeviceWriteBps: list(throttleDevice),
  BlkioDeviceReadIOps: list(throttleDevice),
  BlkioDeviceWriteIOps: list(throttleDevice),
  CpuPeriod: int64,
  CpuQuota: int64,
  CpuRealtimePeriod: int64,
  CpuRealtimeRuntime: int64,
  CpusetCpus: string,
  CpusetMems: string,
  Devices: list(object("DeviceMapping", { PathOnHost: string, PathInContainer: string, CgroupPermissions: string })),
  DeviceCgroupRules: strings,
  DeviceRequests: list(any),
  MemoryReservation: int64,
  MemorySwap: int64,
  MemorySwappiness: int64,
  OomKillDisable: bool,
  PidsLimit: int64,
  Ulimits: list(object("Ulimit", { Name: string, Soft: int64, Hard: int64 })),
  CpuCount: int64,
  CpuPercent: int64,
  IOMaximumIOps: uint64,
  IOMaximumBandwidth: uint64,
};

const portMap = map(list(object("PortBinding", { HostIp: string, HostPort: string })), { nulls: true });

const hostConfig = object("HostConfig", {
  Binds: strings,
  ContainerIDFile: string,
  LogConfig: object("LogConfig", { Type: string, Config: map(string) }),
  NetworkMode: string,
  PortBindings: portMap,
  RestartPolicy: restartPolicy,
  AutoRemove: bool,
  VolumeDriver: string,
  VolumesFrom: strings,
  ConsoleSize: list(uint),
  Annotations: map(string),
  CapAdd: stringsOrString,
  CapDrop: stringsOrString,
  CgroupnsMode: string,
  Dns: strings,
  DnsOptions: strings,
  DnsSearch: strings,
  ExtraHosts: strings,
  GroupAdd: strings,
  IpcMode: string,
  Cgroup: string,
  Links: strings,
  OomScoreAdj: int,
  PidMode: string,
  Privileged: bool,
  PublishAllPorts: bool,
  ReadonlyRootfs: bool,
  SecurityOpt: strings,
  StorageOpt: map(string),
  Tmpfs: map(string),
  UTSMode: string,
  UsernsMode: string,
  ShmSize: int64,
  Sysctls: map(string),
  Runtime: string,
  Isolation: string,
  ...resources,
  Mounts: list(mount),
  MaskedPaths: strings,
  ReadonlyPaths: strings,
  Init: bool,
});

/** Body of POST /containers/create. */
export const createRequest: goShape.Shape = object("ContainerConfigWrapper", {
  Hostname: string,
  Domainname: string,
  User: string,
  AttachStdin: bool,
  AttachStdout: bool,
  AttachStderr: bool,
  ExposedPorts: map(empty),
  Tty: bool,
  OpenStdin: bool,
  StdinOnce: bool,
  Env: strings,
  Cmd: stringsOrString,
  Healthcheck: healthcheck,
  ArgsEscaped: bool,
  Image: string,
  Volumes: map(empty),
  WorkingDir: string,
  Entrypoint: stringsOrString,
  NetworkDisabled: bool,
  MacAddress: string,
  OnBuild: strings,
  Labels: map(string),
  StopSignal: string,
  StopTimeout: int,
  Shell: stringsOrString,
  HostConfig: hostConfig,
  NetworkingConfig: object("NetworkingConfig", { EndpointsConfig: map(endpointSettings, { nulls: true }) }),
});

/** Body of POST /containers/{name}/update. */
export const updateRequest: goShape.Shape = object("UpdateConfig", { ...resources, RestartPolicy: restartPolicy });

/** Body of POST /berth/containers/{name}/change. */
export const changeRequest: goShape.Shape = object("ContainerChange", {
  PublishAdd: portMap,
  PublishRemove: strings,
  BindsAdd: strings,
  MountsAdd: list(mount),
  MountsRemove: strings,
  EnvAdd: strings,
  EnvRemove: strings,
  LabelsAdd: map(string),
  LabelsRemove: strings,
  LogDriver: string,
  LogOptions: map(string),
  Update: object("UpdateConfig", { ...resources, RestartPolicy: restartPolicy }),
});
