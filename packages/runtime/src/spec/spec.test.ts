import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Kernel, openKernel } from "@berth/linux";
import { openSandbox, type Sandbox, testHostConfig } from "../testing/sandbox.ts";
import { resolveUser } from "../user/lookup.ts";
import { parseGroups, parsePasswd } from "../user/parse.ts";
import { parseDeviceRule } from "./devices.ts";
import { encodeSpec } from "./encode.ts";
import { containerEnvironment } from "./environment.ts";
import { rootPropagation } from "./propagation.ts";
import type { SpecMount } from "./request.ts";
import { buildResources } from "./resources.ts";
import { buildRlimits } from "./rlimits.ts";
import { tmpfsOptions, tmpfsOptionsOf } from "./tmpfs.ts";

let box: Sandbox;
const kernel = openKernel();
beforeAll(async () => {
  box = await openSandbox();
});
afterAll(() => box.close());

const bind: SpecMount = {
  type: "bind",
  source: "/tmp",
  destination: "/mnt",
  readOnly: false,
  propagation: "rprivate",
  nonRecursive: false,
  recursiveReadOnly: false,
  tmpfsOptions: [],
};

// The expected values are what dockerd 20.10.24 wrote into config.json for the same options.
describe("as Docker 20.10 writes it", () => {
  test("the default container", () => {
    const spec = box.spec("id", {
      config: { Cmd: ["sleep", "60"], Hostname: "0a550ab2c658" },
      request: { ownNetwork: true, namespaces: { network: "/run/x", pid: null, ipc: null } },
    });
    expect(spec.process).toMatchObject({
      terminal: false,
      user: { uid: 0, gid: 0, additionalGids: [0] },
      args: ["sleep", "60"],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=0a550ab2c658"],
      cwd: "/",
      oomScoreAdj: 0,
    });
    expect(spec.hostname).toBe("0a550ab2c658");
    expect(spec.mounts.map((mount) => mount.destination)).toEqual([
      "/proc",
      "/dev",
      "/dev/pts",
      "/sys",
      "/sys/fs/cgroup",
      "/dev/mqueue",
      "/dev/shm",
    ]);
    expect(spec.mounts.at(-1)?.options).toEqual(["nosuid", "noexec", "nodev", "mode=1777", "size=67108864"]);
    expect(spec.linux.sysctl).toEqual({ "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647" });
    expect(spec.linux.namespaces).toEqual([
      { type: "mount" },
      { type: "network", path: "/run/x" },
      { type: "uts" },
      { type: "pid" },
      { type: "ipc" },
    ]);
    expect(spec.linux.resources).toMatchObject({ memory: { disableOOMKiller: false } });
  });

  test("a terminal, environment, folder", () => {
    const { process } = box.spec("id", {
      config: { Tty: true, Env: ["A=1", "HOSTNAME=q", "EMPTY="], WorkingDir: "/tmp" },
      hostConfig: { ConsoleSize: [24, 80] },
    });
    expect(process.env).toEqual([
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "HOSTNAME=q",
      "TERM=xterm",
      "A=1",
      "EMPTY=",
    ]);
    expect(process).toMatchObject({ terminal: true, cwd: "/tmp", consoleSize: { height: 24, width: 80 } });
    expect(containerEnvironment({ hostname: "x", tty: false, own: ["PATH"], home: "/root" })).toEqual(["HOSTNAME=x"]);
    expect(containerEnvironment({ hostname: "x", tty: false, own: ["PATH"], home: null })).toEqual(["HOSTNAME=x", "HOME=/"]);
  });

  test("mounts: order, read-only, tmpfs", () => {
    const { mounts } = box.spec("id", {
      hostConfig: { Tmpfs: { "/run": "size=1m,exec", "/x": "" } },
      request: {
        mounts: [
          { ...bind, destination: "/etc/hosts" },
          { ...bind, readOnly: true, propagation: "" },
          { ...bind, destination: "/data", propagation: "" },
        ],
      },
    });
    expect(mounts.slice(7)).toEqual([
      { destination: "/mnt", type: "bind", source: "/tmp", options: ["rbind", "ro"] },
      { destination: "/data", type: "bind", source: "/tmp", options: ["rbind"] },
      { destination: "/run", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "rprivate", "size=1m", "exec"] },
      { destination: "/x", type: "tmpfs", source: "tmpfs", options: ["noexec", "nosuid", "nodev", "rprivate"] },
      { destination: "/etc/hosts", type: "bind", source: "/tmp", options: ["rbind", "rprivate"] },
    ]);
  });

  test("a read-only root, a /dev of its own, no shared memory, --init", () => {
    const readonly = box.spec("id", { hostConfig: { ReadonlyRootfs: true, Tmpfs: { "/tmp": "" } } });
    expect(readonly.root.readonly).toBe(true);
    expect(readonly.mounts.find((mount) => mount.destination === "/tmp")?.options).not.toContain("ro");
    expect(readonly.mounts.find((mount) => mount.destination === "/dev")?.options).not.toContain("ro");
    const device = box.spec("id", { request: { mounts: [{ ...bind, source: "/dev", destination: "/dev" }] } });
    expect(device.mounts.filter((mount) => mount.destination.startsWith("/dev"))).toEqual([
      { destination: "/dev", type: "bind", source: "/dev", options: ["rbind", "rprivate"] },
    ]);
    expect(box.spec("id", { hostConfig: { IpcMode: "none" } }).mounts.some((mount) => mount.destination === "/dev/shm")).toBe(false);
    const init = box.spec("id", { request: { initPath: "/usr/bin/docker-init" } });
    expect(init.process.args).toEqual(["/sbin/docker-init", "--", "true"]);
    expect(init.mounts.at(-1)).toEqual({
      destination: "/sbin/docker-init",
      type: "bind",
      source: "/usr/bin/docker-init",
      options: ["bind", "ro"],
    });
  });

  test("namespaces of the host and of others", () => {
    const host = box.spec("id", { hostConfig: { PidMode: "host", IpcMode: "host", UTSMode: "host" }, request: { shmSource: "/dev/shm" } });
    expect(host.linux.namespaces).toEqual([{ type: "mount" }]);
    expect(host.hostname).toBeUndefined();
    expect(host.mounts.find((mount) => mount.destination === "/dev/shm")).toEqual({
      destination: "/dev/shm",
      type: "bind",
      source: "/dev/shm",
      options: ["rbind", "rprivate"],
    });
    const joined = box.spec("id", {
      hostConfig: { CgroupnsMode: "private" },
      request: { namespaces: { network: "/proc/5/ns/net", pid: "/proc/5/ns/pid", ipc: "/proc/5/ns/ipc" } },
    });
    expect(joined.linux.namespaces).toEqual([
      { type: "mount" },
      { type: "network", path: "/proc/5/ns/net" },
      { type: "uts" },
      { type: "pid", path: "/proc/5/ns/pid" },
      { type: "ipc", path: "/proc/5/ns/ipc" },
      { type: "cgroup" },
    ]);
    expect(joined.linux.sysctl).toEqual({});
  });

  test("resources", () => {
    const built = buildResources(
      testHostConfig({
        Memory: 67108864,
        MemoryReservation: 33554432,
        MemorySwap: 134217728,
        NanoCpus: 5e8,
        PidsLimit: 50,
        CpuShares: 512,
        CpusetCpus: "0",
        OomKillDisable: true,
        MemorySwappiness: 10,
        BlkioWeight: 300,
      }),
      kernel,
    );
    expect(built).toEqual({
      memory: { limit: 67108864, reservation: 33554432, swap: 134217728, swappiness: 10, disableOOMKiller: true },
      cpu: { shares: 512, period: 100000, quota: 50000, cpus: "0" },
      pids: { limit: 50 },
      blockIO: { weight: 300 },
    });
    expect(buildResources(testHostConfig({ PidsLimit: 0 }), kernel).pids).toEqual({ limit: -1 });
    expect(buildResources(testHostConfig({ CpuPeriod: 50000, CpuQuota: 25000 }), kernel).cpu).toEqual({ period: 50000, quota: 25000 });
    const throttled = buildResources(testHostConfig({ BlkioDeviceWriteBps: [{ Path: "/dev/null", Rate: 5 }] }), kernel);
    expect(throttled.blockIO).toEqual({ throttleWriteBpsDevice: [{ major: 1, minor: 3, rate: 5 }] });
    expect(() => buildResources(testHostConfig({ BlkioDeviceReadBps: [{ Path: "/dev/nosuch", Rate: 5 }] }), kernel)).toThrow(
      "stat /dev/nosuch",
    );
  });

  test("devices and rules", () => {
    const { linux } = box.spec("id", {
      hostConfig: {
        Devices: [{ PathOnHost: "/dev/zero", PathInContainer: "/dev/z", CgroupPermissions: "r" }],
        DeviceCgroupRules: ["c 42:* rmw"],
      },
    });
    expect(linux.devices).toEqual([{ path: "/dev/z", type: "c", major: 1, minor: 5, fileMode: 0o666, uid: 0, gid: 0 }]);
    expect(linux.resources?.devices?.slice(-2)).toEqual([
      { allow: true, type: "c", major: 1, minor: 5, access: "r" },
      { allow: true, type: "c", major: 42, access: "rmw" },
    ]);
    const gone = { Devices: [{ PathOnHost: "/nope", PathInContainer: "/nope", CgroupPermissions: "rwm" }] };
    expect(() => box.spec("id", { hostConfig: gone })).toThrow(
      'error gathering device information while adding custom device "/nope": no such file or directory',
    );
    expect(() => parseDeviceRule("x")).toThrow("invalid device cgroup rule format: 'x'");
  });

  test("sysctls, domain name", () => {
    const { linux } = box.spec("id", { config: { Domainname: "example.org" }, hostConfig: { Sysctls: { "net.core.somaxconn": "100" } } });
    expect(linux.sysctl).toEqual({ "kernel.domainname": "example.org", "net.core.somaxconn": "100" });
  });

  test("a privileged container has the host's devices and a writable /sys", () => {
    const request = box.request("id", {});
    const protection = {
      ...request.protection,
      allDevices: true,
      writableSys: true,
      writableCgroups: true,
      deviceRules: [{ allow: true, access: "rwm" }],
    };
    const spec = box.spec("id", { request: { protection } });
    expect(spec.linux.devices?.some((device) => device.path === "/dev/null")).toBe(true);
    expect(spec.linux.devices?.some((device) => device.path.startsWith("/dev/pts/") || device.path === "/dev/console")).toBe(false);
    for (const path of ["/sys", "/sys/fs/cgroup"])
      expect(spec.mounts.find((mount) => mount.destination === path)?.options).not.toContain("ro");
    expect(spec.linux.resources?.devices).toEqual([{ allow: true, access: "rwm" }]);
  });
});

describe("users", () => {
  const passwd = parsePasswd("root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001::/home/web:/bin/sh\nbroken\n#x:x:1:1::/:\n");
  const groups = parseGroups("root:x:0:\nweb:x:1001:\nextra:x:2000:a,web\n");
  const find = (user: string, add: string[] = []): ReturnType<typeof resolveUser> => resolveUser({ passwd, groups, user, add });

  test("by name, number and group", () => {
    expect(find("")).toEqual({ uid: 0, gid: 0, additionalGids: [0], home: "/root" });
    expect(find("web", ["77"])).toEqual({ uid: 1000, gid: 1001, additionalGids: [1001, 2000, 77], home: "/home/web" });
    expect(find("1000:0")).toEqual({ uid: 1000, gid: 0, additionalGids: [0], home: "/home/web" });
    expect(find("5:extra")).toEqual({ uid: 5, gid: 2000, additionalGids: [2000], home: null });
    expect(find("4711")).toEqual({ uid: 4711, gid: 0, additionalGids: [0], home: null });
  });

  test("Docker's errors", () => {
    expect(() => find("nosuch")).toThrow("unable to find user nosuch: no matching entries in passwd file");
    expect(() => find("root:nogrp")).toThrow("unable to find group nogrp: no matching entries in group file");
    expect(() => find("", ["nogrp"])).toThrow("Unable to find group nogrp: no matching entries in group file");
    expect(() => find("99999999999")).toThrow("uids and gids must be in range 0-2147483647");
  });
});

describe("parts", () => {
  test("limits are lowered to the daemon's own without CAP_SYS_RESOURCE", () => {
    const ulimits = [
      { Name: "nofile", Soft: 5000, Hard: 9000 },
      { Name: "core", Soft: -1, Hard: -1 },
    ];
    const limited: Kernel = {
      ...kernel,
      hasCapability: () => false,
      getRlimit: (resource) => (resource === 7 ? [1024, 4096] : [0, Number.POSITIVE_INFINITY]),
    };
    expect(buildRlimits(ulimits, limited)).toEqual([
      { type: "RLIMIT_NOFILE", hard: 4096, soft: 4096 },
      { type: "RLIMIT_CORE", hard: Number.POSITIVE_INFINITY, soft: Number.POSITIVE_INFINITY },
    ]);
    expect(buildRlimits(ulimits, { ...limited, hasCapability: () => true })[0]).toEqual({ type: "RLIMIT_NOFILE", hard: 9000, soft: 5000 });
  });

  test("an infinite limit is written as RLIM_INFINITY", () => {
    const process = { ...box.spec("id", {}).process, rlimits: [{ type: "RLIMIT_CORE", hard: Number.POSITIVE_INFINITY, soft: 1 }] };
    expect(encodeSpec(process)).toContain('"rlimits":[{"type":"RLIMIT_CORE","hard":18446744073709551615,"soft":1}]');
  });

  test("tmpfs options", () => {
    expect(tmpfsOptions(["rw", "suid", "size=1g", "size=2g", "uid=5"])).toEqual([
      "noexec",
      "nodev",
      "rprivate",
      "rw",
      "suid",
      "size=2g",
      "uid=5",
    ]);
    expect(() => tmpfsOptions(["badopt=1"])).toThrow('invalid tmpfs option "badopt"');
    expect(tmpfsOptionsOf({ SizeBytes: 4096, Mode: 0o1770 })).toEqual(["mode=1770", "size=4k"]);
  });

  test("propagation of what is not shared is refused", () => {
    expect(rootPropagation([bind])).toBeNull();
    expect(() => rootPropagation([{ source: "/proc", propagation: "rshared" }])).toThrow(
      /^path \/proc is mounted on \/proc but it is not a shared mount$/,
    );
  });
});

test("annotations are carried along, but not those that the runtime obeys", () => {
  const Annotations = { "com.example.note": "kept", "run.oci.hooks.stdout": "/etc/passwd", "org.systemd.property.X": "1" };
  expect(box.spec("id", { hostConfig: { Annotations } }).annotations).toEqual({ "com.example.note": "kept" });
});
