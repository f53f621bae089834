import type { ContainerCreateRequest, HostConfig } from "@berth/spec";
import type { Parsed } from "../../args/parse.ts";
import { throttleBytes, throttleOperations, weightDevice } from "./blkio.ts";
import { parseCpus } from "./cpus.ts";
import { parseDevices } from "./devices.ts";
import { extensionAnnotations } from "./extensions.ts";
import { macAddress, parseEndpoints } from "./endpoints.ts";
import { parseGpus } from "./gpus.ts";
import { parseHealth } from "./health.ts";
import { readKeyValues, toMap } from "./key-values.ts";
import { parseMount } from "./mount.ts";
import { parsePorts } from "./ports.ts";
import { parseCapabilities, parseSecurity } from "./security.ts";
import { parseUlimit } from "./ulimit.ts";
import { parseVolumes } from "./volume.ts";

/**
 * Makes the body of POST /containers/create of a command line `[OPTIONS] IMAGE [COMMAND…]`.
 * @throws Error with docker's words for values that contradict one another
 */
export function createRequest(parsed: Parsed): ContainerCreateRequest {
  const [image = "", ...command] = parsed.args;
  if (parsed.string("mac-address") !== "") macAddress(parsed.string("mac-address"));
  const swappiness = parsed.number("memory-swappiness");
  if (swappiness < -1 || swappiness > 100) throw new Error(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
  const attached = parsed.list("attach");
  const stdin = parsed.bool("interactive");
  const attachStdin = stdin || attached.includes("stdin");
  const volumes = parseVolumes(parsed.list("volume"));
  const ports = parsePorts(parsed.list("publish"), parsed.list("expose"));
  const environment = named("--env-file", () => readKeyValues(parsed.list("env-file"), parsed.list("env"), true));
  const labels = named("--label-file", () => readKeyValues(parsed.list("label-file"), parsed.list("label"), false));
  const health = parseHealth(parsed);
  const { mode, endpoints } = parseEndpoints(parsed);
  const hasPorts = Object.keys(ports.exposed).length > 0;
  return {
    Hostname: parsed.string("hostname"),
    Domainname: parsed.string("domainname"),
    User: parsed.string("user"),
    AttachStdin: attachStdin,
    AttachStdout: attached.length === 0 || attached.includes("stdout"),
    AttachStderr: attached.length === 0 || attached.includes("stderr"),
    ...(hasPorts ? { ExposedPorts: { ...ports.exposed } } : {}),
    Tty: parsed.bool("tty"),
    OpenStdin: stdin,
    StdinOnce: stdin && attachStdin,
    ...(environment.length > 0 ? { Env: environment } : {}),
    Cmd: command.length > 0 ? [...command] : null,
    ...(health === undefined ? {} : { Healthcheck: health }),
    Image: image,
    Volumes: Object.fromEntries(volumes.anonymous.map((path) => [path, {}])),
    WorkingDir: parsed.string("workdir"),
    Entrypoint: parsed.has("entrypoint") ? [parsed.string("entrypoint")] : null,
    OnBuild: null,
    Labels: toMap(labels),
    ...(parsed.string("stop-signal") === "" ? {} : { StopSignal: parsed.string("stop-signal") }),
    ...(parsed.has("stop-timeout") ? { StopTimeout: parsed.number("stop-timeout") } : {}),
    HostConfig: hostConfig({ parsed, mode, binds: volumes.binds, bindings: ports.bindings }),
    NetworkingConfig: { EndpointsConfig: { ...endpoints } },
  };
}

interface HostSource {
  readonly parsed: Parsed;
  readonly mode: string;
  readonly binds: readonly string[];
  readonly bindings: ReturnType<typeof parsePorts>["bindings"];
}

function hostConfig({ parsed, mode, binds, bindings }: HostSource): Partial<HostConfig> {
  const security = parseSecurity(parsed.list("security-opt"));
  const restart = restartPolicy(parsed.string("restart"));
  const autoRemove = parsed.bool("rm");
  if (autoRemove && restart.Name !== "" && restart.Name !== "no") {
    throw new Error("conflicting options: cannot specify both --restart and --rm");
  }
  const mounts = parsed.list("mount").map(parseMount) as NonNullable<HostConfig["Mounts"]>;
  const tmpfs = Object.fromEntries(parsed.list("tmpfs").map((value) => pair(value, ":")));
  const storage = storageOptions(parsed.list("storage-opt"));
  const sysctls = toMap(parsed.list("sysctl"));
  const annotations = { ...toMap(parsed.list("annotation")), ...extensionAnnotations(parsed) };
  return {
    Binds: binds.length > 0 ? [...binds] : null,
    ContainerIDFile: parsed.string("cidfile"),
    LogConfig: { Type: parsed.string("log-driver"), Config: logOptions(parsed) },
    NetworkMode: mode,
    PortBindings: Object.fromEntries(Object.entries(bindings).map(([port, list]) => [port, [...list]])),
    RestartPolicy: restart,
    AutoRemove: autoRemove,
    VolumeDriver: parsed.string("volume-driver"),
    VolumesFrom: listOrNull(parsed, "volumes-from"),
    ConsoleSize: [0, 0],
    ...(isEmpty(annotations) ? {} : { Annotations: annotations }),
    CapAdd: parseCapabilities(parsed.list("cap-add")),
    CapDrop: parseCapabilities(parsed.list("cap-drop")),
    CgroupnsMode: oneOf(parsed, "cgroupns", /^(|host|private)$/, "--cgroupns: invalid CGROUP mode"),
    Dns: [...parsed.list("dns")],
    DnsOptions: [...parsed.list("dns-option")],
    DnsSearch: [...parsed.list("dns-search")],
    ExtraHosts: listOrNull(parsed, "add-host"),
    GroupAdd: listOrNull(parsed, "group-add"),
    IpcMode: parsed.string("ipc"),
    Cgroup: "",
    Links: listOrNull(parsed, "link"),
    OomScoreAdj: parsed.number("oom-score-adj"),
    PidMode: oneOf(parsed, "pid", /^(|private|host|container:.+)$/, "--pid: invalid PID mode"),
    Privileged: parsed.bool("privileged"),
    PublishAllPorts: parsed.bool("publish-all"),
    ReadonlyRootfs: parsed.bool("read-only"),
    SecurityOpt: security.options.length > 0 || parsed.has("security-opt") ? [...security.options] : null,
    ...(isEmpty(storage) ? {} : { StorageOpt: storage }),
    ...(isEmpty(tmpfs) ? {} : { Tmpfs: tmpfs }),
    UTSMode: oneOf(parsed, "uts", /^(|host)$/, "--uts: invalid UTS mode"),
    UsernsMode: oneOf(parsed, "userns", /^(|host)$/, "--userns: invalid USER mode"),
    ShmSize: parsed.number("shm-size"),
    ...(isEmpty(sysctls) ? {} : { Sysctls: sysctls }),
    ...(parsed.string("runtime") === "" ? {} : { Runtime: parsed.string("runtime") }),
    Isolation: parsed.string("isolation"),
    ...resources(parsed),
    ...(mounts.length > 0 ? { Mounts: mounts } : {}),
    MaskedPaths: security.openPaths ? [] : null,
    ReadonlyPaths: security.openPaths ? [] : null,
    ...(parsed.has("init") ? { Init: parsed.bool("init") } : {}),
  };
}

function resources(parsed: Parsed): Partial<HostConfig> {
  const devices = parseDevices(parsed.list("device"));
  const ulimits = new Map(parsed.list("ulimit").map((value) => [parseUlimit(value).Name, parseUlimit(value)]));
  const requests = [
    ...(parsed.string("gpus") === "" ? [] : [parseGpus(parsed.string("gpus"))]),
    ...(devices.named.length === 0 ? [] : [cdiRequest(devices.named)]),
  ];
  return {
    CpuShares: parsed.number("cpu-shares"),
    Memory: parsed.number("memory"),
    NanoCpus: parsed.string("cpus") === "" ? 0 : parseCpus(parsed.string("cpus")),
    CgroupParent: parsed.string("cgroup-parent"),
    BlkioWeight: parsed.number("blkio-weight"),
    BlkioWeightDevice: parsed.list("blkio-weight-device").map(weightDevice),
    BlkioDeviceReadBps: parsed.list("device-read-bps").map(throttleBytes),
    BlkioDeviceWriteBps: parsed.list("device-write-bps").map(throttleBytes),
    BlkioDeviceReadIOps: parsed.list("device-read-iops").map(throttleOperations),
    BlkioDeviceWriteIOps: parsed.list("device-write-iops").map(throttleOperations),
    CpuPeriod: parsed.number("cpu-period"),
    CpuQuota: parsed.number("cpu-quota"),
    CpuRealtimePeriod: parsed.number("cpu-rt-period"),
    CpuRealtimeRuntime: parsed.number("cpu-rt-runtime"),
    CpusetCpus: parsed.string("cpuset-cpus"),
    CpusetMems: parsed.string("cpuset-mems"),
    Devices: [...devices.mappings],
    DeviceCgroupRules: listOrNull(parsed, "device-cgroup-rule"),
    DeviceRequests: requests.length === 0 ? null : requests,
    MemoryReservation: parsed.number("memory-reservation"),
    MemorySwap: parsed.number("memory-swap"),
    MemorySwappiness: parsed.number("memory-swappiness"),
    OomKillDisable: parsed.bool("oom-kill-disable"),
    PidsLimit: parsed.number("pids-limit"),
    Ulimits: [...ulimits.values()].sort((left, right) => (left.Name < right.Name ? -1 : 1)),
    CpuCount: parsed.number("cpu-count"),
    CpuPercent: parsed.number("cpu-percent"),
    IOMaximumIOps: parsed.number("io-maxiops"),
    IOMaximumBandwidth: parsed.number("io-maxbandwidth"),
  };
}

function cdiRequest(names: readonly string[]): object {
  return { Driver: "cdi", Count: 0, DeviceIDs: [...names], Capabilities: null, Options: null };
}

/** `on-failure:3` and the like. Throws with docker's words. */
export function restartPolicy(text: string): { Name: string; MaximumRetryCount: number } {
  const [name, count] = pair(text, ":");
  if (name === "" && text.includes(":")) throw new Error("invalid restart policy format: no policy provided before colon");
  if (!/^([+-]?\d+)?$/.test(count)) throw new Error("invalid restart policy format: maximum retry count must be an integer");
  return { Name: name, MaximumRetryCount: Number(count) };
}

function logOptions(parsed: Parsed): Record<string, string> {
  const options = parsed.list("log-opt");
  if (parsed.string("log-driver") === "none" && options.length > 0) throw new Error("invalid logging opts for driver none");
  return toMap(options);
}

function storageOptions(values: readonly string[]): Record<string, string> {
  if (values.some((value) => !value.includes("="))) throw new Error("invalid storage option");
  return toMap(values);
}

function oneOf(parsed: Parsed, name: string, pattern: RegExp, complaint: string): string {
  const value = parsed.string(name);
  if (!pattern.test(value)) throw new Error(complaint);
  return value;
}

function listOrNull(parsed: Parsed, name: string): string[] | null {
  const values = parsed.list(name);
  return values.length > 0 ? [...values] : null;
}

function pair(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function isEmpty(map: object): boolean {
  return Object.keys(map).length === 0;
}

function named<T>(flag: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${flag}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
