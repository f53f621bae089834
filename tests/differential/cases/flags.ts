import { rmSync, writeFileSync } from "node:fs";
import type { CaseContext, DifferentialCase } from "../case.ts";

type Inspect = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Sections of an inspect that flags of create can change. */
const sections = ["Config", "HostConfig", "NetworkSettings", "Mounts"];

async function inspect(context: CaseContext, name: string): Promise<Record<string, unknown>> {
  const found = (await context.api.get(`/containers/${name}/json`)).json<Inspect>();
  return Object.fromEntries(
    sections.flatMap((section) => {
      if (Array.isArray(found[section])) return [[section, found[section]]];
      return Object.entries(found[section] ?? {}).map(([key, value]) => [`${section}.${key}`, key === "Env" ? sorted(value) : value]);
    }),
  );
}

/** Docker's CLI sends variables in the random order of a Go map. */
function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.map(String).sort() : value;
}

/** Creates a container for each command line, and notes what of its inspect is unlike that of one without flags. */
async function creates(context: CaseContext, lines: readonly string[], change = (words: string[]): string[] => words): Promise<void> {
  await context.cli(["create", "--name", "plain", "--hostname", "name", "busybox", "true"]);
  const plain = await inspect(context, "plain");
  const file = `${context.sandbox.folder}/variables`;
  for (const line of lines) {
    // A container in somebody else's network has no hostname of its own.
    const hostname = /container:|--uts/.test(line) ? [] : ["--hostname", "name"];
    const words = ["create", "--name", "c1", ...hostname, ...change(line.split(" ")), "busybox", "true"];
    const { code, stdout, stderr } = await context.cli(words);
    const short = stdout.slice(0, 12);
    if (code !== 0) {
      context.see(line, { code, stderr });
      continue;
    }
    const changed = Object.entries(await inspect(context, "c1")).filter(([key, value]) => !Bun.deepEquals(value, plain[key]));
    context.see(
      line,
      JSON.parse(
        JSON.stringify({ code, stderr, changed: Object.fromEntries(changed) })
          .replaceAll(file, "FILE")
          .replaceAll(short, "<short>"),
      ),
    );
    await context.api.delete("/containers/c1?force=1&v=1");
  }
}

/** Runs a script in a container for each command line, and notes what it wrote. */
async function runs(context: CaseContext, lines: readonly (readonly [flags: string, script: string])[]): Promise<void> {
  for (const [flags, script] of lines) {
    const { code, stdout, stderr } = await context.cli(["run", "--rm", ...flags.split(" "), "busybox", "sh", "-c", script]);
    context.see(`${flags.replaceAll(context.sandbox.folder, "<folder>")}: ${script}`, { code, stdout, stderr });
  }
}

/** Flags of `create`, by what inspect shows, and of `run`, by what the container sees. */
export const flags: readonly DifferentialCase[] = [
  {
    name: "flags: create, who it is and how it lives",
    run: async (context) => {
      const file = `${context.sandbox.folder}/variables`;
      writeFileSync(file, "# none\nONE=1\nTWO=a b\n");
      rmSync(`${file}.id`, { force: true });
      await creates(
        context,
        [
          "-e A=1 -e B=",
          "--env-file FILE -e C=3",
          "-l a=b --label c",
          "--label-file FILE",
          "-w /srv/x/..",
          "-u 5:6",
          "--domainname example.org",
          "--entrypoint /bin/echo",
          "--entrypoint=",
          "--cidfile FILE.id",
          "-i",
          "-t",
          "-a stdout",
          "-a stdin -a stderr",
          "--init",
          "--init=false",
          "--restart always",
          "--restart on-failure:4",
          "--restart bogus",
          "--rm",
          "--rm --restart always",
          "--stop-signal SIGINT",
          "--stop-signal BOGUS",
          "--stop-timeout 7",
          "--isolation default",
          "--pull missing",
          "--pull never",
          "--no-healthcheck",
          "--health-cmd true --health-interval 5s --health-timeout 2s --health-retries 4 --health-start-period 1m",
          "--no-healthcheck --health-cmd true",
          "--log-driver none",
          "--log-driver json-file --log-opt max-size=1m --log-opt max-file=2",
          "--log-driver bogus",
          "--disable-content-trust",
          "--platform linux/amd64",
        ],
        (words) => words.map((word) => word.replace("FILE", file)),
      );
    },
  },
  {
    name: "flags: create, network",
    run: (context) =>
      creates(context, [
        "--add-host db:192.0.2.7",
        "--add-host db",
        "--dns 192.0.2.1 --dns-option ndots:2 --dns-opt timeout:1 --dns-search example.org",
        "--dns bogus",
        "--expose 80 --expose 90-91/udp",
        "--expose bogus",
        "-p 8080:80 -p 127.0.0.1:9000:90/udp",
        "-p 8000-8002:80-82",
        "-p bogus",
        "-P --expose 80",
        "--network none",
        "--net host",
        "--network bridge",
        "--network container:plain",
        "--network container:nope",
        "--network container:plain --hostname other",
        "--network container:plain --dns 192.0.2.1",
        "--network container:plain -p 80:80",
        "--network host --link plain",
        "--link plain:other",
        "--link nope",
        "--mac-address 92:d0:c6:0a:29:33",
        "--ip 172.17.0.99",
        "--mac-address bogus",
        "--ip6 2001:db8::5",
        "--ip6 bogus",
        "--link-local-ip 169.254.1.1",
        "--network-alias other",
      ]),
  },
  {
    name: "flags: create, storage",
    run: (context) =>
      creates(context, [
        "-v /etc/apt:/mnt:ro",
        "-v named:/data",
        "-v /anonymous",
        "-v relative/path:/x",
        "--volume-driver local -v named2:/data",
        "--volumes-from plain:ro",
        "--volumes-from nope",
        "--mount type=bind,source=/etc/apt,target=/mnt,readonly",
        "--mount type=volume,source=named3,target=/data,volume-label=a=b",
        "--mount type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=700",
        "--mount type=bogus,target=/t",
        "--mount type=bind,source=/does/not/exist,target=/x",
        "--tmpfs /t:size=1m",
        "--storage-opt size=10m",
        "--storage-opt bogus",
        "--read-only",
      ]),
  },
  {
    name: "flags: create, resources",
    run: (context) =>
      creates(context, [
        "-m 64m --memory-reservation 32m --memory-swap 128m",
        "-m 1k",
        "-m 64m --memory-swap 32m",
        "--memory-swap -1 -m 64m",
        "--oom-score-adj 300",
        "--oom-score-adj 3000",
        "--cpus 0.5",
        "--cpus 900",
        "-c 512",
        "--cpu-period 50000 --cpu-quota 25000",
        "--cpuset-cpus 0 --cpuset-mems 0",
        "--cpuset-cpus 99",
        "--pids-limit 20",
        "--pids-limit -1",
        "--memory-swappiness 50",
        "--memory-swappiness 200",
        "--oom-kill-disable -m 64m",
        "--shm-size 1m",
        "--ulimit nofile=100:200 --ulimit core=0",
        "--ulimit nofile=200:100",
        "--cgroup-parent /other",
        "--device-read-bps /dev/zero:1mb --device-write-bps /dev/zero:2mb",
        "--device-read-iops /dev/zero:10 --device-write-iops /dev/zero:20",
        "--device-read-bps zero:1mb",
        "--blkio-weight 300",
        "--blkio-weight 5",
        "--blkio-weight-device /dev/zero:300",
        "--blkio-weight-device zero:300",
        "--cpu-rt-period 1000 --cpu-rt-runtime 100",
        "--cpu-count 2",
        "--cpu-percent 5",
        "--io-maxbandwidth 1m",
        "--io-maxiops 5",
        "--kernel-memory 64m",
        "--kernel-memory 1",
      ]),
  },
  {
    name: "flags: create, security",
    run: (context) =>
      creates(context, [
        "--cap-add NET_ADMIN --cap-drop chown",
        "--cap-add BOGUS",
        "--cgroupns private",
        "--cgroupns bogus",
        "--device /dev/null:/dev/mine:r",
        "--device /dev/null:/dev/mine:x",
        "--device-cgroup-rule=bogus",
        "--gpus all",
        "--gpus 2",
        "--runtime bogus",
        "--group-add 5 --group-add staff",
        "--ipc shareable",
        "--ipc host",
        "--ipc container:plain",
        "--pid host",
        "--pid container:plain",
        "--privileged",
        "--security-opt no-new-privileges --security-opt seccomp=unconfined",
        "--security-opt bogus",
        "--sysctl net.ipv4.ip_forward=1",
        "--sysctl kernel.bogus=1",
        "--userns host",
        "--uts host",
        "--uts host --hostname other",
        "--uts bogus",
      ]),
  },
  {
    name: "flags: run, what it sees of itself",
    run: async (context) => {
      const file = `${context.sandbox.folder}/variables2`;
      writeFileSync(file, "ONE=1\n");
      rmSync(`${file}.id`, { force: true });
      await runs(context, [
        ["--name r1 --hostname h1 --domainname example.org", "hostname; cat /proc/sys/kernel/domainname"],
        [`--env-file ${file} -e TWO=2`, "echo $ONE $TWO"],
        [`--label-file ${file} --label a=b --cidfile ${file}.id`, "echo labelled"],
        ["--init", "cat /proc/1/comm"],
        ["-t", "tty; stty size"],
        ["-a stdout", "echo out; echo err >&2"],
        ["-a stderr --sig-proxy=false", "echo out; echo err >&2"],
        ["--stop-signal SIGINT --stop-timeout 1 --no-healthcheck --restart no", "echo lives"],
        ["--health-cmd true --health-interval 1s --health-timeout 1s --health-retries 1 --health-start-period 1s", "echo lives"],
        ["--log-driver json-file --log-opt max-size=1m --pull never --isolation default", "echo lives"],
        ["--detach-keys ctrl-a --disable-content-trust=true", "echo lives"],
        ["--detach-keys bogus", "echo lives"],
        ["--group-add 7 -u 5", "id -u; id -G"],
      ]);
    },
  },
  {
    name: "flags: run, what it may use",
    run: (context) =>
      runs(context, [
        ["--memory-reservation 32m -m 64m --memory-swap 64m", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes"],
        ["--oom-score-adj 300", "cat /proc/self/oom_score_adj"],
        ["--cpu-period 50000 --cpu-quota 25000", "cat /sys/fs/cgroup/cpu/cpu.cfs_period_us /sys/fs/cgroup/cpu/cpu.cfs_quota_us"],
        ["-c 512", "cat /sys/fs/cgroup/cpu/cpu.shares"],
        ["--cpuset-cpus 0 --cpuset-mems 0", "grep Cpus_allowed_list /proc/self/status"],
        ["--shm-size 1m", "df /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2"],
        ["--ulimit nofile=100:200", "ulimit -n; ulimit -Hn"],
        ["--cap-add NET_ADMIN --cap-drop CHOWN", "chown 5 /etc; grep CapEff /proc/self/status"],
        ["--device /dev/null:/dev/mine:r --device-cgroup-rule=c:1:3", "test -c /dev/mine && echo there"],
        ["--ipc private --uts host --userns host", "echo lives"],
        ["--ipc host --pid host", "echo lives"],
        ["--cgroupns private", "head -1 /proc/self/cgroup | grep -c ':/$'"],
        ["--security-opt no-new-privileges", "grep NoNewPrivs /proc/self/status"],
        ["--gpus all", "echo lives"],
        ["--device-cgroup-rule bogus", "echo lives"],
        ["--memory-swappiness 50", "cat /sys/fs/cgroup/memory/memory.swappiness"],
        ["--oom-kill-disable -m 64m", "grep oom_kill_disable /sys/fs/cgroup/memory/memory.oom_control"],
        ["--pids-limit 30 --cgroup-parent /flags", "cat /sys/fs/cgroup/pids/pids.max"],
        ["--storage-opt size=10m", "echo lives"],
        ["--device-read-bps /dev/nope:1mb", "echo lives"],
        ["--device-write-bps /dev/nope:1mb", "echo lives"],
        ["--device-read-iops /dev/nope:10", "echo lives"],
        ["--device-write-iops /dev/nope:10", "echo lives"],
        ["--blkio-weight 300", "echo lives"],
        ["--blkio-weight-device /dev/nope:300", "echo lives"],
        ["--cpu-rt-period 1000 --cpu-rt-runtime 100", "echo lives"],
        ["--kernel-memory 64m", "echo lives"],
        ["--cpu-count 2", "echo lives"],
        ["--cpu-percent 5", "echo lives"],
        ["--io-maxbandwidth 1m --io-maxiops 5", "echo lives"],
        ["--platform linux/amd64", "echo lives"],
        ["--sysctl net.ipv4.ip_forward=0", "cat /proc/sys/net/ipv4/ip_forward"],
        ["--read-only --tmpfs /t:size=1m --mount type=tmpfs,target=/u", "touch /x; touch /t/x /u/x && echo written"],
        ["-v /etc/apt:/mnt:ro --volume-driver local", "touch /mnt/x; test -d /mnt && echo there"],
      ]),
  },
  {
    name: "flags: run, network and neighbours",
    run: async (context) => {
      await context.cli(["run", "-d", "--name", "peer", "-v", "/shared", "busybox", "sleep", "600"]);
      await runs(context, [
        ["--add-host db:192.0.2.7", "grep -w db /etc/hosts"],
        ["--dns 192.0.2.1 --dns-option ndots:2 --dns-search example.org", "grep -v '^#' /etc/resolv.conf"],
        ["--network none", "ip -o link | grep -c ."],
        ["--network host", "echo lives"],
        ["--network container:peer", "hostname | grep -c ."],
        ["--mac-address 92:d0:c6:0a:29:33", "cat /sys/class/net/eth0/address"],
        ["--ip 172.17.0.99", "echo lives"],
        ["--network-alias other", "echo lives"],
        ["--ip6 2001:db8::5", "echo lives"],
        ["--link-local-ip 169.254.1.1", "echo lives"],
        ["--expose 80 -P", "echo lives"],
        ["-p 127.0.0.1:18080:80", "echo lives"],
        ["--volumes-from peer", "test -d /shared && echo there"],
        ["--pid container:peer", "ps | grep -c '[s]leep 600'"],
        ["--link peer:other", "grep -c other /etc/hosts"],
        ["--network nosuch", "echo lives"],
        ["--runtime bogus", "echo lives"],
      ]);
    },
  },
  {
    name: "flags: rm --link",
    run: async (context) => {
      await context.cli(["create", "--name", "linked", "busybox", "true"]);
      await context.cli(["create", "--name", "linking", "--link", "linked:one", "--link", "linked:two", "busybox", "true"]);
      for (const words of [
        ["rm", "--link", "linking/nope"],
        ["rm", "--link", "nope/one"],
        ["rm", "--link", "linking"],
        ["rm", "-l", "linking/one"],
        ["rm", "--link", "/linking/one"],
        ["inspect", "-f", "{{json .HostConfig.Links}}", "linking"],
        ["rm", "-l", "linking/two"],
        ["inspect", "--format", "{{json .HostConfig.Links}}", "linking"],
      ]) {
        context.see(words.join(" "), await context.cli(words));
      }
    },
  },
];
