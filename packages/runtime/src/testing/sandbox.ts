import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { newId, plainSteps, silentLogger, systemClock } from "@berth/base";
import { type Blocking, type Cgroups, type Kernel, openBlocking, openCgroups, openKernel } from "@berth/linux";
import type { ContainerConfig, ContainerProtection, HostConfig, RuntimeSpec } from "@berth/spec";
import { openRuntime, type RuntimeOptions } from "../open-runtime.ts";
import type { CreatedProcess, CreateOptions, ExitRecord, OutputChunk, Runtime } from "../ports.ts";
import { buildRuntimeSpec } from "../spec/build.ts";
import type { SpecRequest } from "../spec/request.ts";

const CAPABILITIES =
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
    .split(" ")
    .map((name) => `CAP_${name}`);

/** The protection of a default container, with a filter that refuses chmod and nothing else. */
export function testProtection(): ContainerProtection {
  return {
    capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
    seccomp: {
      defaultAction: "SCMP_ACT_ALLOW",
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
      syscalls: [{ names: ["chmod", "fchmodat"], action: "SCMP_ACT_ERRNO", errnoRet: 1 }],
    },
    noNewPrivileges: false,
    apparmorProfile: null,
    maskedPaths: ["/proc/kcore", "/proc/keys", "/sys/firmware"],
    readonlyPaths: ["/proc/sys"],
    deviceRules: [
      { allow: false, access: "rwm" },
      { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
      { allow: true, type: "c", major: 5, minor: 0, access: "rwm" },
      { allow: true, type: "c", major: 5, minor: 1, access: "rwm" },
    ],
    writableCgroups: false,
    writableSys: false,
    allDevices: false,
  };
}

/** A ContainerConfig that says nothing. */
export function testConfig(change: Partial<ContainerConfig> = {}): ContainerConfig {
  return {
    Hostname: "box",
    Domainname: "",
    User: "",
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: [],
    Cmd: ["true"],
    Image: "busybox",
    Volumes: null,
    WorkingDir: "",
    Entrypoint: null,
    OnBuild: null,
    Labels: {},
    ...change,
  };
}

/** A HostConfig that says nothing. */
export function testHostConfig(change: Partial<HostConfig> = {}): HostConfig {
  return {
    Binds: null,
    ContainerIDFile: "",
    LogConfig: { Type: "json-file", Config: {} },
    NetworkMode: "none",
    PortBindings: {},
    RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
    AutoRemove: false,
    VolumeDriver: "",
    VolumesFrom: null,
    ConsoleSize: [0, 0],
    CapAdd: null,
    CapDrop: null,
    CgroupnsMode: "host",
    Dns: [],
    DnsOptions: [],
    DnsSearch: [],
    ExtraHosts: null,
    GroupAdd: null,
    IpcMode: "private",
    Cgroup: "",
    Links: null,
    OomScoreAdj: 0,
    PidMode: "",
    Privileged: false,
    PublishAllPorts: false,
    ReadonlyRootfs: false,
    SecurityOpt: null,
    UTSMode: "",
    UsernsMode: "",
    ShmSize: 64 * 1024 * 1024,
    Runtime: "crun",
    Isolation: "",
    CpuShares: 0,
    Memory: 0,
    NanoCpus: 0,
    CgroupParent: "",
    BlkioWeight: 0,
    BlkioWeightDevice: [],
    BlkioDeviceReadBps: null,
    BlkioDeviceWriteBps: null,
    BlkioDeviceReadIOps: null,
    BlkioDeviceWriteIOps: null,
    CpuPeriod: 0,
    CpuQuota: 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: "",
    CpusetMems: "",
    Devices: [],
    DeviceCgroupRules: null,
    DeviceRequests: null,
    MemoryReservation: 0,
    MemorySwap: 0,
    MemorySwappiness: null,
    OomKillDisable: false,
    PidsLimit: null,
    Ulimits: null,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    MaskedPaths: null,
    ReadonlyPaths: null,
    ...change,
  };
}

/** What a test container differs in. */
export interface TestContainer {
  readonly config?: Partial<ContainerConfig>;
  readonly hostConfig?: Partial<HostConfig>;
  readonly request?: Partial<SpecRequest>;
  readonly runtime?: string;
}

/** A runtime on a temporary exec root with a busybox to run; `close` takes everything away again. */
export interface Sandbox {
  readonly folder: string;
  readonly rootfs: string;
  readonly kernel: Kernel;
  readonly cgroups: Cgroups;
  readonly runtime: Runtime;
  /** Another runtime on the same exec root, as after a restart. */
  reopen(change?: Partial<RuntimeOptions>): Promise<Runtime>;
  request(id: string, container: TestContainer): SpecRequest;
  spec(id: string, container: TestContainer): RuntimeSpec;
  options(id: string, container: TestContainer): CreateOptions;
  create(container?: TestContainer, runtime?: Runtime): Promise<{ readonly id: string; readonly process: CreatedProcess }>;
  /** The next exit of a container; call it before the start. */
  exit(id: string): Promise<ExitRecord>;
  log(id: string): string;
  close(): Promise<void>;
}

/** Opens a {@link Sandbox}; root only. */
export async function openSandbox(change: Partial<RuntimeOptions> = {}): Promise<Sandbox> {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-runtime-"));
  const rootfs = makeRootfs(path.join(folder, "rootfs"));
  const kernel = openKernel();
  const blocking: Blocking = openBlocking();
  const log = silentLogger();
  const cgroups = openCgroups({ kernel, blocking, log });
  const execRoot = path.join(folder, "run");
  const parent = `/berth-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const runtimes: Runtime[] = [];
  const waiting = new Map<string, PromiseWithResolvers<ExitRecord>>();
  const exits = (id: string): PromiseWithResolvers<ExitRecord> => {
    const entry = waiting.get(id) ?? Promise.withResolvers<ExitRecord>();
    waiting.set(id, entry);
    return entry;
  };
  const reopen = async (more: Partial<RuntimeOptions> = {}): Promise<Runtime> => {
    const runtime = await openRuntime({
      ...{ execRoot, kernel, blocking, cgroups, log, steps: plainSteps, clock: systemClock(), monitorCgroup: `${parent}/monitors` },
      ...change,
      ...more,
    });
    runtime.watchExits((exit) => exits(exit.id).resolve(exit));
    runtimes.push(runtime);
    return runtime;
  };
  const runtime = await reopen();
  const sandbox: Sandbox = {
    folder,
    rootfs,
    kernel,
    cgroups,
    runtime,
    reopen,
    request: (id, container) => ({
      id,
      rootfs,
      config: testConfig(container.config),
      hostConfig: testHostConfig(container.hostConfig),
      protection: testProtection(),
      mounts: [],
      namespaces: { network: null, pid: null, ipc: null },
      ownNetwork: false,
      shmSource: null,
      initPath: null,
      cgroupPath: `${parent}/${id}`,
      kernel,
      ...container.request,
    }),
    spec: (id, container) => buildRuntimeSpec(sandbox.request(id, container)),
    options: (id, container) => {
      const request = sandbox.request(id, container);
      mkdirSync(path.join(folder, "logs", id), { recursive: true });
      return {
        id,
        runtime: container.runtime ?? runtime.defaultRuntime,
        spec: buildRuntimeSpec(request),
        paths: { bundle: path.join(execRoot, "containers", id), logFile: path.join(folder, "logs", id, "container.log") },
        openStdin: request.config.OpenStdin,
        stdinOnce: request.config.StdinOnce,
        tty: request.config.Tty,
        cgroupPath: request.cgroupPath,
        logSizeMaxBytes: 0,
      };
    },
    create: async (container = {}, by = runtime) => {
      const id = newId();
      return { id, process: await by.create(sandbox.options(id, container)) };
    },
    exit: (id) => exits(id).promise,
    log: (id) => readFileSync(path.join(folder, "logs", id, "container.log"), "utf8"),
    close: async () => {
      for (const id of await runtime.known()) await runtime.delete(id);
      for (const each of runtimes) await each.close();
      await cgroups.remove(parent);
      await blocking.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return sandbox;
}

/** A root file system of nothing but a static busybox. */
function makeRootfs(folder: string): string {
  for (const name of ["bin", "etc", "proc", "sys", "dev", "tmp", "root", "sbin"]) mkdirSync(path.join(folder, name), { recursive: true });
  copyFileSync("/bin/busybox", path.join(folder, "bin/busybox"));
  const applets = "sh true false sleep cat echo id ls stty dd head wc kill env grep chmod touch hostname printf tr nproc pidof".split(" ");
  for (const applet of applets) symlinkSync("busybox", path.join(folder, "bin", applet));
  writeFileSync(path.join(folder, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001::/home/web:/bin/sh\n");
  writeFileSync(path.join(folder, "etc/group"), "root:x:0:\nweb:x:1001:\nextra:x:2000:web\n");
  writeFileSync(path.join(folder, "etc/noexec"), "echo hello\n");
  return folder;
}

/** Everything a session gives, by stream. */
export async function collect(output: AsyncIterable<OutputChunk>): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const parts = { 1: [] as Uint8Array[], 2: [] as Uint8Array[] };
  for await (const chunk of output) parts[chunk.stream].push(chunk.bytes);
  return { stdout: Buffer.concat(parts[1]).toString("utf8"), stderr: Buffer.concat(parts[2]).toString("utf8") };
}
