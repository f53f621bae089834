import { existsSync, readFileSync } from "node:fs";
import type { CaseContext, DifferentialCase } from "../case.ts";

/** Runs a script in a fresh container by `docker run` and notes what it printed. */
async function script(context: CaseContext, label: string, text: string, flags: readonly string[] = []): Promise<void> {
  const result = await context.cli(["run", "--rm", "--name", "inside", "--hostname", "inside", ...flags, "busybox", "sh", "-c", text]);
  context.see(label, { code: result.code, stdout: result.stdout, stderr: result.stderr.replaceAll(/docker run --help|See '.*'\.?/g, "") });
}

/** Mount point → type and options, without what differs from mount to mount. */
function mountsByPoint(listing: string): Record<string, string> {
  const rows = listing
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  return Object.fromEntries(
    rows.map(([, point = "", type = "", options = ""]) => [
      point,
      point === "/" ? type : `${type} ${options.replace(/,?(size|nr_inodes)=\w+/g, "").replace(/^\/dev\/\S+/, "")}`,
    ]),
  );
}

/** What a program sees from inside of a default container, and of one with options. */
export const inside: readonly DifferentialCase[] = [
  {
    name: "inside: capabilities, seccomp, no new privileges",
    run: async (context) => {
      const status = "grep -E '^(Cap|Seccomp:|NoNewPrivs|Uid|Gid|Groups)' /proc/self/status";
      await script(context, "default", status);
      await script(context, "as a user", status, ["-u", "ann"]);
      await script(context, "cap-drop all", status, ["--cap-drop", "ALL", "--cap-add", "CHOWN"]);
      await script(context, "cap-add", status, ["--cap-add", "SYS_PTRACE", "--cap-drop", "MKNOD"]);
      await script(context, "no-new-privileges", status, ["--security-opt", "no-new-privileges"]);
      await script(context, "unconfined", status, ["--security-opt", "seccomp=unconfined"]);
    },
  },
  {
    name: "inside: devices",
    run: async (context) => {
      await script(
        context,
        "dev",
        "ls -l /dev | sed 's/  */ /g' | cut -d' ' -f1,3,4,5,6,10- | grep -v '^total'; ls -ld /dev /dev/shm /dev/pts /dev/mqueue | cut -c1-10",
      );
      await script(context, "mknod", "mknod /dev/x b 8 0; head -c 1 /dev/x; mknod /tmp/null c 1 3 && echo ok > /tmp/null && echo written");
      await script(context, "a device", "ls -l /dev/mine | cut -c1-10", ["--device", "/dev/full:/dev/mine:r"]);
      if (existsSync("/sys/fs/cgroup/devices")) await script(context, "devices.list", "sort /sys/fs/cgroup/devices/devices.list");
    },
  },
  {
    name: "inside: mounts",
    run: async (context) => {
      const mounts = await context.cli(["run", "--rm", "busybox", "cat", "/proc/mounts"]);
      context.see("mounts", mountsByPoint(mounts.stdout));
      await script(
        context,
        "masked",
        "for f in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug /proc/acpi /proc/scsi /sys/firmware; do test -e $f && echo $f $(cat $f 2>&1 | wc -c) $(ls $f | wc -l); done",
      );
      await script(
        context,
        "read-only",
        "for f in /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq /proc/bus /proc/fs /sys/kernel; do test -e $f && touch $f 2>&1; done",
      );
      await script(context, "shm", "df -k /dev/shm | tail -1 | sed 's/  */ /g' | cut -d' ' -f2", []);
      await script(context, "shm size", "df -k /dev/shm | tail -1 | sed 's/  */ /g' | cut -d' ' -f2", ["--shm-size", "1m"]);
      await script(context, "tmpfs", "grep scratch /proc/mounts; touch /scratch/x && ls -ld /scratch | cut -c1-10", [
        "--tmpfs",
        "/scratch:size=2m,mode=1770",
      ]);
      await script(context, "read-only root", "touch /x; touch /tmp/y; touch /dev/shm/z && echo shm", ["--read-only"]);
      await script(context, "bind read-only", "touch /mnt/x; ls /mnt | head -1", ["-v", "/etc/apt:/mnt:ro"]);
    },
  },
  {
    name: "inside: sysctls, limits, identity",
    run: async (context) => {
      await script(
        context,
        "sysctls",
        "cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range /proc/sys/net/ipv4/ip_forward",
      );
      await script(context, "env", "env | sort");
      await script(context, "env of a terminal", "env | sort; stty size | wc -l", ["-t"]);
      await script(context, "home of a user", "echo $HOME; id; pwd", ["-u", "ann:staff"]);
      await script(context, "numeric user", "id -u; id -g; echo $HOME", ["-u", "12345:777"]);
      await script(context, "groups", "id -G", ["--group-add", "staff", "--group-add", "1234"]);
      await script(context, "workdir is made", "pwd; ls -ld /new/dir | cut -c1-10", ["-w", "/new/dir"]);
      await script(context, "ulimit", "ulimit -n; ulimit -Hn", ["--ulimit", "nofile=100:200"]);
      await script(context, "umask and pid 1", "umask; cat /proc/1/cmdline | tr '\\0' ' '; echo; ls -l /proc/self/fd | wc -l");
      await script(context, "init", "cat /proc/1/comm | wc -l; ps | grep -c '[i]nit'", ["--init"]);
    },
  },
  {
    name: "inside: hosts, hostname, resolv.conf, .dockerenv",
    run: async (context) => {
      await script(context, "files", "cat /etc/hosts; cat /etc/hostname; hostname; ls -l /.dockerenv | cut -c1-10; cat /.dockerenv");
      await script(context, "resolv.conf", "cat /etc/resolv.conf", [
        "--dns",
        "192.0.2.9",
        "--dns-search",
        "example.org",
        "--dns-opt",
        "ndots:2",
      ]);
      await script(context, "extra hosts", "cat /etc/hosts", ["--add-host", "other:192.0.2.2"]);
      await script(context, "no network", "cat /etc/hosts; ip -o a | wc -l", ["--network", "none"]);
      await script(context, "changes stay writable", "echo x >> /etc/hosts && tail -1 /etc/hosts");
    },
  },
  {
    name: "inside: namespaces",
    run: async (context) => {
      await script(context, "own", "ls /proc/self/ns | sort");
      await script(context, "pids", "ps -o pid,args | head -2");
      const host = await context.inside(["readlink", "/proc/self/ns/uts"]);
      const uts = await context.cli(["run", "--rm", "--uts", "host", "busybox", "readlink", "/proc/self/ns/uts"]);
      context.see("uts host", uts.stdout === host.stdout);
      const ipc = await context.cli(["run", "--rm", "--ipc", "host", "busybox", "readlink", "/proc/self/ns/ipc"]);
      context.see("ipc host", ipc.stdout === (await context.inside(["readlink", "/proc/self/ns/ipc"])).stdout);
      const pid = await context.cli(["run", "--rm", "--pid", "host", "busybox", "readlink", "/proc/self/ns/pid"]);
      context.see("pid host", pid.stdout === (await context.inside(["readlink", "/proc/self/ns/pid"])).stdout);
    },
  },
  {
    name: "inside: limits of the cgroup",
    run: async (context) => {
      await context.start("t1", {
        Cmd: ["sleep", "60"],
        HostConfig: {
          Memory: 67_108_864,
          CpuQuota: 50_000,
          CpuPeriod: 100_000,
          CpuShares: 512,
          PidsLimit: 42,
          MemoryReservation: 33_554_432,
          CpusetCpus: "0",
        },
      });
      const { State } = (await context.api.get("/containers/t1/json")).json<{ State: { Pid: number } }>();
      const inSandbox = await context.inside(["cat", `/proc/${State.Pid}/cgroup`]);
      for (const [controller, files] of Object.entries({
        memory: ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.soft_limit_in_bytes"],
        cpu: ["cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.shares"],
        pids: ["pids.max"],
        cpuset: ["cpuset.cpus"],
      })) {
        const path = new RegExp(`^\\d+:${controller}:(.*)$`, "m").exec(inSandbox.stdout)?.[1] ?? "";
        for (const name of files) {
          const full = `/sys/fs/cgroup/${controller}${path}/${name}`;
          context.see(name, existsSync(full) ? readFileSync(full, "utf8") : null);
        }
      }
    },
  },
];
