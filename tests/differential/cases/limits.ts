import { existsSync, readFileSync, statSync } from "node:fs";
import type { CaseContext, DifferentialCase } from "../case.ts";

/** What a program inside wrote, and how it ended. */
async function runInside(context: CaseContext, name: string, script: string, HostConfig: object): Promise<unknown> {
  const { api } = context;
  const id = await context.create(name, { Cmd: ["sh", "-c", script], HostConfig: { NetworkMode: "none", ...HostConfig } });
  const started = await api.post(`/containers/${id}/start`);
  if (started.status !== 204) return { status: started.status, text: started.text };
  await api.post(`/containers/${id}/wait`);
  const logs = await context.cli(["logs", name]);
  const { State } = (await api.get(`/containers/${id}/json`)).json<{ State: { ExitCode: number; OOMKilled: boolean } }>();
  return { stdout: logs.stdout, stderr: logs.stderr, code: State.ExitCode, oom: State.OOMKilled };
}

/** A file of the container's cgroup, as the kernel has it; the first of several names that is there. */
function held({ sandbox }: CaseContext, id: string, controller: string, ...names: readonly string[]): string {
  const files = names.map((name) => `/sys/fs/cgroup/${controller}${sandbox.cgroupParent}/${id}/${name}`);
  const file = files.find((each) => existsSync(each));
  return file === undefined ? "missing" : readFileSync(file, "utf8").trim();
}

/** A block device of this machine, as path and numbers; null where there is none. */
function disk(): { readonly path: string; readonly numbers: string } | null {
  for (const path of ["/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/zram0", "/dev/loop0"]) {
    if (!existsSync(path)) continue;
    const { rdev } = statSync(path);
    return { path, numbers: `${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)}` };
  }
  return null;
}

const megabyte = 1024 * 1024;

export const limits: readonly DifferentialCase[] = [
  {
    name: "limits: memory, swap, reservation, swappiness and the kernel's killer",
    run: async (context) => {
      const id = await context.start("m1", {
        Cmd: ["sleep", "600"],
        HostConfig: {
          NetworkMode: "none",
          Memory: 64 * megabyte,
          MemorySwap: 96 * megabyte,
          MemoryReservation: 32 * megabyte,
          MemorySwappiness: 30,
          OomKillDisable: true,
        },
      });
      for (const name of ["limit_in_bytes", "memsw.limit_in_bytes", "soft_limit_in_bytes", "swappiness", "oom_control"]) {
        context.see(name, held(context, id, "memory", `memory.${name}`));
      }
      const more = await context.start("m2", { Cmd: ["sleep", "600"], HostConfig: { NetworkMode: "none", Memory: 64 * megabyte } });
      context.see("twice as much with swap", held(context, more, "memory", "memory.memsw.limit_in_bytes"));
      const any = await context.start("m3", {
        Cmd: ["sleep", "600"],
        HostConfig: { NetworkMode: "none", Memory: 64 * megabyte, MemorySwap: -1 },
      });
      context.see("any swap", held(context, any, "memory", "memory.memsw.limit_in_bytes"));
    },
  },
  {
    name: "limits: more memory than allowed is not given",
    run: async (context) => {
      const HostConfig = { Memory: 16 * megabyte, MemorySwap: 16 * megabyte };
      context.see("killed", await runInside(context, "m1", "exec tail -c 60000000 /dev/zero", HostConfig));
      context.see("enough", await runInside(context, "m2", "head -c 4000000 /dev/zero | tail -c 3000000 | wc -c", HostConfig));
    },
  },
  {
    name: "limits: processors",
    run: async (context) => {
      const start = (name: string, HostConfig: object): Promise<string> =>
        context.start(name, { Cmd: ["sleep", "600"], HostConfig: { NetworkMode: "none", ...HostConfig } });
      const cpu = (id: string): string[] =>
        ["shares", "cfs_quota_us", "cfs_period_us"].map((name) => held(context, id, "cpu", `cpu.${name}`));
      context.see("shares", cpu(await start("c1", { CpuShares: 300 })));
      context.see("quota", cpu(await start("c2", { CpuQuota: 30_000 })));
      context.see("quota and period", cpu(await start("c3", { CpuQuota: 30_000, CpuPeriod: 60_000 })));
      context.see("cpus", cpu(await start("c4", { NanoCpus: 1_250_000_000 })));
      const id = await start("c5", { CpusetCpus: "1", CpusetMems: "0" });
      context.see("set", [held(context, id, "cpuset", "cpuset.cpus"), held(context, id, "cpuset", "cpuset.mems")]);
      context.see("seen inside", await runInside(context, "c6", "nproc; grep Cpus_allowed_list /proc/self/status", { CpusetCpus: "0" }));
    },
  },
  {
    name: "limits: processes",
    run: async (context) => {
      const script = "for i in 1 2 3 4 5 6 7 8; do sleep 5 & done 2>&1; echo $(ls -d /proc/[0-9]* | wc -l)";
      const result = (await runInside(context, "p1", script, { PidsLimit: 5 })) as { stdout: string; code: number };
      context.see("refused", { told: result.stdout.includes("can't fork"), code: result.code });
      const id = await context.start("p2", { Cmd: ["sleep", "600"], HostConfig: { NetworkMode: "none", PidsLimit: 7 } });
      context.see("held", held(context, id, "pids", "pids.max"));
      for (const PidsLimit of [0, -1]) {
        const none = await context.start(`p3${PidsLimit}`.replace("-", "m"), {
          Cmd: ["sleep", "600"],
          HostConfig: { NetworkMode: "none", PidsLimit },
        });
        context.see(`${PidsLimit}`, held(context, none, "pids", "pids.max"));
      }
    },
  },
  {
    name: "limits: reading and writing of disks",
    run: async (context) => {
      const device = disk();
      if (device === null) return;
      const id = await context.start("b1", {
        Cmd: ["sleep", "600"],
        HostConfig: {
          NetworkMode: "none",
          BlkioDeviceReadBps: [{ Path: device.path, Rate: 1_048_576 }],
          BlkioDeviceWriteBps: [{ Path: device.path, Rate: 2_097_152 }],
          BlkioDeviceReadIOps: [{ Path: device.path, Rate: 300 }],
          BlkioDeviceWriteIOps: [{ Path: device.path, Rate: 400 }],
        },
      });
      for (const name of ["read_bps", "write_bps", "read_iops", "write_iops"]) {
        context.see(name, held(context, id, "blkio", `blkio.throttle.${name}_device`).replace(device.numbers, "<disk>"));
      }
      const missing = await context.create("b2", {
        Cmd: ["true"],
        HostConfig: { NetworkMode: "none", BlkioDeviceReadBps: [{ Path: "/dev/nope", Rate: 1 }] },
      });
      const answer = await context.api.post(`/containers/${missing}/start`);
      context.see("missing", answer.text);
    },
  },
  {
    name: "limits: of each process, and of shared memory",
    run: async (context) => {
      const HostConfig = {
        Ulimits: [
          { Name: "nofile", Soft: 100, Hard: 200 },
          { Name: "core", Soft: 0, Hard: 0 },
          { Name: "fsize", Soft: 1_048_576, Hard: 1_048_576 },
        ],
        ShmSize: 2 * megabyte,
        OomScoreAdj: 321,
      };
      const script = [
        "ulimit -Sn; ulimit -Hn; ulimit -c",
        "head -c 2000000 /dev/zero >/x; echo $?; wc -c </x",
        "df -k /dev/shm | tail -1 | awk '{print $2}'; cat /proc/self/oom_score_adj",
      ].join("; ");
      context.see("inside", await runInside(context, "u1", script, HostConfig));
    },
  },
  {
    name: "limits: settings of the kernel that belong to the container",
    run: async (context) => {
      const script = "cat /proc/sys/kernel/shmmax /proc/sys/fs/mqueue/msg_max /proc/sys/net/ipv4/ip_default_ttl";
      const Sysctls = { "kernel.shmmax": "123456", "fs.mqueue.msg_max": "20", "net.ipv4.ip_default_ttl": "77" };
      context.see("inside", await runInside(context, "k1", script, { Sysctls }));
      for (const [name, HostConfig] of Object.entries({
        "of the machine": { Sysctls: { "vm.swappiness": "1" } },
        "of the machine too": { Sysctls: { "kernel.pid_max": "1000" } },
        "the machine's network": { Sysctls: { "net.ipv4.ip_default_ttl": "77" }, NetworkMode: "host" },
        "the machine's ipc": { Sysctls: { "kernel.shmmax": "123456" }, IpcMode: "host" },
        "a bad value": { Sysctls: { "kernel.shmmax": "many" } },
      })) {
        const id = await context.create("k2", { Cmd: ["true"], HostConfig: { NetworkMode: "none", ...HostConfig } });
        const { status } = await context.api.post(`/containers/${id}/start`);
        context.see(name, status);
        await context.api.delete(`/containers/${id}`);
      }
    },
  },
  {
    name: "limits: devices",
    run: async (context) => {
      const open = "for f in /dev/full /dev/kmsg /dev/mine; do (: <$f) 2>/dev/null && echo $f opens || echo $f does not; done";
      context.see("usual", await runInside(context, "d1", open, {}));
      const Devices = [
        { PathOnHost: "/dev/kmsg", PathInContainer: "/dev/kmsg", CgroupPermissions: "r" },
        { PathOnHost: "/dev/null", PathInContainer: "/dev/mine", CgroupPermissions: "rwm" },
      ];
      context.see("given", await runInside(context, "d2", `${open}; (: >/dev/kmsg) 2>/dev/null || echo read only`, { Devices }));
      const node = "mknod /dev/mine c 1 11 && (: </dev/mine) 2>/dev/null && echo opens || echo no";
      context.see("without a rule", await runInside(context, "d3", node, {}));
      context.see("by a rule", await runInside(context, "d4", node, { DeviceCgroupRules: ["c 1:11 rwm"] }));
    },
  },
  {
    name: "limits: the parent of a container's control group",
    run: async (context) => {
      const CgroupParent = `${context.sandbox.cgroupParent}/deeper/still`;
      const id = await context.start("g1", { Cmd: ["sleep", "600"], HostConfig: { NetworkMode: "none", CgroupParent, PidsLimit: 12 } });
      context.see("held", readFileSync(`/sys/fs/cgroup/pids${CgroupParent}/${id}/pids.max`, "utf8"));
    },
  },
  {
    name: "limits: devices by what they can do are refused at the start",
    run: async ({ api, see, create, cli }) => {
      for (const [name, request] of Object.entries({
        gpu: { Driver: "", Count: -1, Capabilities: [["gpu"]] },
        nvidia: { Driver: "nvidia", Count: 1, Capabilities: [["gpu", "compute"], ["other"]] },
        nothing: { Driver: "x" },
      })) {
        const id = await create("g1", { Cmd: ["true"], HostConfig: { NetworkMode: "none", DeviceRequests: [request] } });
        const answer = await api.post(`/containers/${id}/start`);
        const { State } = (await api.get(`/containers/${id}/json`)).json<{ State: { Status: string; ExitCode: number; Error: string } }>();
        see(name, { status: answer.status, text: answer.text, State: [State.Status, State.ExitCode, State.Error] });
        await api.delete(`/containers/${id}`);
      }
      const { code, stderr } = await cli(["run", "--rm", "--network", "none", "--gpus", "all", "busybox", "true"]);
      see("docker run --gpus", { code, stderr });
    },
  },
  {
    name: "limits: what is refused at once",
    run: async ({ api, see }) => {
      for (const HostConfig of [
        { Memory: 1 },
        { Memory: 64 * megabyte, MemorySwap: 32 * megabyte },
        { MemorySwap: 64 * megabyte },
        { Memory: 64 * megabyte, MemoryReservation: 96 * megabyte },
        { MemorySwappiness: 101 },
        { NanoCpus: 99e9 },
        { NanoCpus: 1e9, CpuPeriod: 5000 },
        { CpuPeriod: 10 },
        { CpuQuota: 10 },
        { CpusetCpus: "4000" },
        { CpusetMems: "77" },
        { OomScoreAdj: 2000 },
        { ShmSize: -1 },
        { StorageOpt: { size: "1g" } },
        { StorageOpt: { nonsense: "1g" } },
        { IOMaximumIOps: 5 },
      ]) {
        const answer = await api.post("/containers/create?name=r1", { Image: "busybox", Cmd: ["true"], HostConfig });
        see(JSON.stringify(HostConfig), { status: answer.status, text: answer.text });
      }
    },
  },
];
