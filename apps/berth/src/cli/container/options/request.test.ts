import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "../../args/parse.ts";
import { containerFlags } from "./flags.ts";
import { createRequest } from "./request.ts";

const folder = mkdtempSync(join(tmpdir(), "berth-options-"));
const files = { env: join(folder, "env"), labels: join(folder, "labels"), seccomp: join(folder, "seccomp.json"), bad: join(folder, "bad") };
writeFileSync(files.env, "# comment\nA=1\n  B=two words \nHOME\nNOT_SET_ANYWHERE\n\n");
writeFileSync(files.labels, "x=1\ny\n");
writeFileSync(files.seccomp, '{ "defaultAction": "SCMP_ACT_ALLOW",\n "syscalls": [] }\n');
writeFileSync(files.bad, "a b=1\n");

/** Command lines behind `create`, and what they must put into the body, checked without docker too. */
const accepted: readonly (readonly [string, object])[] = [
  ["bb", { Image: "bb", Cmd: null, HostConfig: { NetworkMode: "default", RestartPolicy: { Name: "no" } } }],
  ["bb sh -c ls", { Cmd: ["sh", "-c", "ls"] }],
  ["-i bb", { OpenStdin: true, StdinOnce: true, AttachStdin: true }],
  ["-it bb", { Tty: true }],
  ["-a stdout bb", { AttachStdout: true, AttachStderr: false }],
  ["-a STDIN -a stderr bb", { AttachStdin: true, AttachStdout: false, AttachStderr: true }],
  ["-e A=1 -e HOME -e NOT_SET_ANYWHERE bb", {}],
  [`--env-file ${files.env} -e C=3 bb`, {}],
  ["-l a=b --label c bb", { Labels: { a: "b", c: "" } }],
  [`--label-file ${files.labels} -l x=2 bb`, { Labels: { x: "2" } }],
  ["--hostname h --domainname d -u 1:2 -w /w bb", { Hostname: "h", Domainname: "d", User: "1:2", WorkingDir: "/w" }],
  ["--entrypoint /bin/sh bb -c ls", { Entrypoint: ["/bin/sh"] }],
  ["--entrypoint= bb", { Entrypoint: [""] }],
  ["--stop-signal SIGINT --stop-timeout 3 bb", { StopSignal: "SIGINT", StopTimeout: 3 }],
  ["--stop-timeout 0 bb", { StopTimeout: 0 }],
  ["-v /a:/b bb", { HostConfig: { Binds: ["/a:/b"] } }],
  ["-v /a:/b:ro,z bb", { HostConfig: { Binds: ["/a:/b:ro,z"] } }],
  ["-v name:/b bb", { HostConfig: { Binds: ["name:/b"] } }],
  ["-v ./x:/b bb", { HostConfig: { Binds: [`${process.cwd()}/x:/b`] } }],
  ["-v /anon bb", { Volumes: { "/anon": {} }, HostConfig: { Binds: null } }],
  ["-v a:b bb", {}],
  ["--volumes-from c:ro --volume-driver local bb", { HostConfig: { VolumesFrom: ["c:ro"], VolumeDriver: "local" } }],
  ["--tmpfs /t --tmpfs /u:size=1m,mode=700 bb", { HostConfig: { Tmpfs: { "/t": "", "/u": "size=1m,mode=700" } } }],
  ["-p 80 bb", { ExposedPorts: { "80/tcp": {} }, HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "" }] } } }],
  ["-p 8080:80/udp -p 127.0.0.1:9000:80/udp bb", {}],
  ["-p 127.0.0.1::80 bb", { HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } } }],
  ["-p [::1]:8080:80 bb", { HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "::1", HostPort: "8080" }] } } }],
  ["-p 8000-8002:80-82 bb", { HostConfig: { PortBindings: { "82/tcp": [{ HostIp: "", HostPort: "8002" }] } } }],
  ["-p 8000-8010:80 bb", { HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8000-8010" }] } } }],
  ["-p published=80,target=8080,protocol=udp bb", { ExposedPorts: { "8080/udp": {} } }],
  ["--expose 90-92/udp --expose 1 -P bb", { ExposedPorts: { "91/udp": {} }, HostConfig: { PublishAllPorts: true } }],
  ["--cap-add NET_ADMIN --cap-drop ALL --privileged bb", { HostConfig: { CapAdd: ["CAP_NET_ADMIN"], CapDrop: ["ALL"], Privileged: true } }],
  [
    "--cap-add sys_time --cap-add CAP_CHOWN --cap-add chown --cap-drop all --cap-drop MKNOD bb",
    { HostConfig: { CapAdd: ["CAP_CHOWN", "CAP_SYS_TIME"] } },
  ],
  ["--security-opt no-new-privileges --security-opt seccomp=unconfined bb", {}],
  [
    `--security-opt seccomp=${files.seccomp} bb`,
    { HostConfig: { SecurityOpt: ['seccomp={"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}'] } },
  ],
  ["--security-opt systempaths=unconfined bb", { HostConfig: { MaskedPaths: [], ReadonlyPaths: [], SecurityOpt: [] } }],
  [
    "--memory 64m --memory-swap -1 --memory-reservation 32MiB --memory-swappiness 10 bb",
    { HostConfig: { Memory: 67_108_864, MemorySwap: -1 } },
  ],
  ["--cpus 1.5 -c 512 --cpu-period 1000 --cpu-quota 500 --cpuset-cpus 0-1 --cpuset-mems 0 bb", { HostConfig: { NanoCpus: 1_500_000_000 } }],
  ["--cpus 1/2 bb", { HostConfig: { NanoCpus: 500_000_000 } }],
  ["--cpu-rt-period 1000 --cpu-rt-runtime 10 bb", {}],
  ["--blkio-weight 300 --blkio-weight-device /dev/sda:200 bb", { HostConfig: { BlkioWeightDevice: [{ Path: "/dev/sda", Weight: 200 }] } }],
  ["--device-read-bps /dev/sda:1mb --device-write-bps /dev/sda:2k --device-read-iops /dev/sda:10 --device-write-iops /dev/sdb:5 bb", {}],
  ["--pids-limit 5 --oom-kill-disable --oom-score-adj 100 --shm-size 1g bb", { HostConfig: { PidsLimit: 5, ShmSize: 1_073_741_824 } }],
  [
    "--ulimit nofile=1024:2048 --ulimit core=-1 --ulimit cpu=5 bb",
    { HostConfig: { Ulimits: [{ Name: "core" }, { Name: "cpu" }, { Name: "nofile" }] } },
  ],
  ["--device /dev/fuse --device /dev/a:/dev/b --device /dev/c:r --device /dev/d:/dev/e:rw bb", {}],
  ["--device vendor.com/class=name bb", { HostConfig: { DeviceRequests: [{ Driver: "cdi", DeviceIDs: ["vendor.com/class=name"] }] } }],
  ["--device-cgroup-rule c:1:3 bb", {}],
  ["--init bb", { HostConfig: { Init: true } }],
  ["--init=false bb", { HostConfig: { Init: false } }],
  ["--restart on-failure:3 bb", { HostConfig: { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 } } }],
  ["--restart unless-stopped bb", { HostConfig: { RestartPolicy: { Name: "unless-stopped" } } }],
  ["--rm --read-only bb", { HostConfig: { AutoRemove: true, ReadonlyRootfs: true } }],
  ["--log-driver json-file --log-opt max-size=1m --log-opt max-file=2 bb", { HostConfig: { LogConfig: { Type: "json-file" } } }],
  [
    "--health-cmd true --health-interval 1m30s --health-timeout 2s --health-retries 4 --health-start-period 3s --health-start-interval 1s bb",
    {},
  ],
  ["--no-healthcheck bb", { Healthcheck: { Test: ["NONE"] } }],
  ["--dns 8.8.8.8 --dns ::1 --dns-search example.com --dns-search . --dns-opt ndots:2 --dns-option timeout:1 bb", {}],
  ["--add-host a:1.2.3.4 --add-host b=::1 --add-host c:[::2] --add-host gw:host-gateway bb", {}],
  ["--network none bb", { HostConfig: { NetworkMode: "none" }, NetworkingConfig: { EndpointsConfig: {} } }],
  ["--net mynet --network-alias a1 --net-alias a2 --ip 10.0.0.9 --ip6 fd00::9 --link-local-ip 169.254.1.1 bb", {}],
  ["--network name=n1,alias=x,ip=10.0.0.2,driver-opt=a=b,gw-priority=3 --network n2 bb", {}],
  ["--network n1 --mac-address 92:d0:c6:0a:29:33 --link c:d bb", {}],
  ["--mac-address 92:d0:c6:0a:29:33 bb", {}],
  ["--link a:b --link c bb", { HostConfig: { Links: ["a:b", "c"] } }],
  ["--network container:x --pid host --ipc private --uts host --userns host --cgroupns private bb", {}],
  ["--pid container:x --cgroup-parent /p --runtime runc --isolation default --group-add 5 bb", {}],
  ["--sysctl net.ipv4.ip_forward=1 --annotation a=b --annotation c bb", { HostConfig: { Annotations: { a: "b", c: "" } } }],
  ["--storage-opt size=10G --cidfile /nonexistent/never-opened-here bb", { HostConfig: { StorageOpt: { size: "10G" } } }],
  [
    "--mount type=bind,source=/a,target=/b,readonly bb",
    { HostConfig: { Mounts: [{ Type: "bind", Source: "/a", Target: "/b", ReadOnly: true }] } },
  ],
  ["--mount type=bind,src=/a,dst=/b,bind-propagation=rshared,bind-recursive=disabled bb", {}],
  ["--mount source=vol,target=/b,volume-nocopy,volume-label=a=b,volume-driver=local,volume-opt=o=x,volume-subpath=s bb", {}],
  ['--mount type=volume,target=/b,"volume-opt=o=uid=1,gid=2",ro=false bb', {}],
  [
    "--mount type=tmpfs,destination=/t,tmpfs-size=1m,tmpfs-mode=1770 bb",
    { HostConfig: { Mounts: [{ TmpfsOptions: { SizeBytes: 1_048_576, Mode: 0o1770 } }] } },
  ],
  ["--mount type=image,source=bb,target=/i,image-subpath=etc bb", {}],
  ["--name n --platform linux/amd64 bb", { Image: "bb" }],
  ["-h x --env=A=b=c -lk=v bb --rm -it", { Hostname: "x", Env: ["A=b=c"], Labels: { k: "v" }, Cmd: ["--rm", "-it"] }],
  ["-- bb -x", { Image: "bb", Cmd: ["-x"] }],
];

/** Command lines that are refused, and words of the refusal. */
const refused: readonly (readonly [string, string])[] = [
  ["-p abc bb", "invalid containerPort: abc"],
  ["-p 1-3:80-81 bb", "invalid ranges specified for container and host Ports: 80-81 and 1-3"],
  ["-p 80/foo bb", "invalid proto: foo"],
  ["-p 70000 bb", "invalid containerPort: 70000"],
  ["-p x:80 bb", "invalid hostPort: x"],
  ["-p 1.2.3:1:80 bb", "invalid IP address: 1.2.3"],
  ["-p : bb", "no port specified: :<empty>"],
  ["--expose x bb", "invalid range format for --expose"],
  ["-v /a:/b:ro:x bb", "too many colons"],
  ["-v /a::ro bb", "empty section between colons"],
  ["--mount type=bind,foo=1 bb", "unknown option 'foo' in 'foo=1'"],
  ["--mount type=bind,volume-nocopy,target=/x bb", "cannot mix 'volume-*' options with mount type 'bind'"],
  ["--mount target bb", "invalid field 'target' must be a key=value pair"],
  ["--mount type=tmpfs,target=/x,tmpfs-mode=9 bb", "invalid value for tmpfs-mode: 9"],
  ["--ulimit nofile=5:3 bb", "ulimit soft limit must be less than or equal to hard limit: 5 > 3"],
  ["--ulimit bogus=1 bb", "invalid ulimit type: bogus"],
  ["--device relative bb", "relative is not an absolute path"],
  ["--device /a:/b:x bb", "bad mode specified: x"],
  ["--device-cgroup-rule foo bb", "invalid device cgroup format 'foo'"],
  ["--dns nope bb", "IP address is not correctly formatted: nope"],
  ["--dns-search -bad- bb", "is not a valid domain"],
  ["--sysctl foo.bar=1 bb", "sysctl 'foo.bar=1' is not allowed"],
  ["--add-host foo bb", "bad format for add-host"],
  ["--add-host a:b bb", "invalid IP address in add-host"],
  ["--link a:b:c bb", "bad format for links: a:b:c"],
  ["--mac-address x bb", "x is not a valid mac address"],
  ["--memory-swappiness 101 bb", "Valid memory swappiness range is 0-100"],
  ["--memory 1x bb", "invalid suffix: 'x'"],
  ["--cpus x bb", "failed to parse x as a rational number"],
  ["--cpus 0.0000000001 bb", "value is too precise"],
  ["--restart :3 bb", "no policy provided before colon"],
  ["--restart on-failure:x bb", "maximum retry count must be an integer"],
  ["--restart always --rm bb", "cannot specify both --restart and --rm"],
  ["--pid foo bb", "--pid: invalid PID mode"],
  ["--uts foo bb", "--uts: invalid UTS mode"],
  ["--userns foo bb", "--userns: invalid USER mode"],
  ["--cgroupns foo bb", "--cgroupns: invalid CGROUP mode"],
  ["--security-opt foo bb", 'invalid --security-opt: "foo"'],
  ["--security-opt seccomp=/nonexistent bb", "opening seccomp profile (/nonexistent) failed"],
  ["--storage-opt foo bb", "invalid storage option"],
  ["--log-driver none --log-opt a=b bb", "invalid logging opts for driver none"],
  ["--no-healthcheck --health-cmd x bb", "--no-healthcheck conflicts with --health-* options"],
  ["--health-interval -1s bb", "--health-interval cannot be negative"],
  ["--health-interval 5 bb", 'missing unit in duration "5"'],
  ["--env-file /nonexistent bb", "open /nonexistent: no such file or directory"],
  [`--env-file ${files.bad} bb`, "contains whitespaces"],
  ["-e =x bb", "invalid environment variable: =x"],
  ["-l =x bb", "empty name"],
  ["-a foo bb", "valid streams are STDIN, STDOUT and STDERR"],
  ["--network a --network a bb", 'network "a" is specified multiple times'],
  ["--network a --network host bb", "host, none and container:NAME cannot be joined with a named network"],
  ["--network bridge --network-alias x bb", "--network-alias needs a network"],
  ["--network name=a,ip=10.0.0.1 --ip 10.0.0.2 bb", "cannot specify both --ip and per-network IPv4 address"],
  ["--network name=a,foo=b bb", "invalid field key foo"],
  ["--blkio-weight-device /dev/sda:5 bb", "invalid weight for device: /dev/sda:5"],
  ["--device-read-bps sda:1 bb", "bad format for device path: sda:1"],
];

function bodyOf(line: string): unknown {
  const parsed = parseArgs(containerFlags, line.split(" ").map(spaces), { interspersed: false });
  return JSON.parse(JSON.stringify(createRequest(parsed)));
}

/** docker writes an empty environment as null, and variables in the random order of a Go map. */
function comparable(body: unknown): object {
  const { Env, ...rest } = body as { Env?: string[] | null };
  return { ...rest, Env: Env?.toSorted() ?? [] };
}

/** `c:1:3` stands for the rule `c 1:3 rwm`, since the table splits at spaces. */
function spaces(word: string): string {
  return word === "c:1:3" ? "c 1:3 rwm" : word;
}

describe("bodies", () => {
  for (const [line, part] of accepted) test(line, () => expect(bodyOf(line)).toMatchObject(part));
});

describe("refusals", () => {
  for (const [line, words] of refused) test(line, () => expect(() => bodyOf(line)).toThrow(words));
  test("GPUs are asked for as docker does", () => {
    const ask = (gpus: string): unknown =>
      (bodyOf(`--gpus ${gpus} bb`) as { HostConfig: { DeviceRequests: unknown } }).HostConfig.DeviceRequests;
    const plain = { Driver: "", Count: 1, DeviceIDs: null, Capabilities: [["gpu"]], Options: {} };
    expect(ask("all")).toEqual([{ ...plain, Count: -1 }]);
    expect(ask("driver=nvidia,2")).toEqual([{ ...plain, Driver: "nvidia", Count: 2 }]);
    expect(ask('"device=0,1","capabilities=compute,utility","options=a=b,c=d"')).toEqual([
      { ...plain, Count: 0, DeviceIDs: ["0", "1"], Capabilities: [["compute", "utility", "gpu"]], Options: { a: "b", c: "d" } },
    ]);
    for (const [gpus, words] of [
      ["count=1,2", "gpu request key 'count' can be specified only once"],
      ["nonsense=1", "unexpected key 'nonsense' in 'nonsense=1'"],
      ["some", 'invalid count (some): value must be either "all" or an integer'],
    ] as const) {
      expect(() => bodyOf(`--gpus ${gpus} bb`)).toThrow(words);
    }
  });
});

const docker = [process.env["BERTH_TEST_DOCKER_CLI"], "/usr/local/bin/docker", Bun.which("docker")].find(
  (path) =>
    path !== null && path !== undefined && path !== "" && /version 2[89]\./.test(Bun.spawnSync([path, "--version"]).stdout.toString()),
);

// Older CLIs send other bodies (no endpoint for the default network), so only 28 and 29 can judge.
describe.skipIf(docker === undefined || docker === null)("the same body as the docker CLI sends", () => {
  const socket = join(folder, "engine.sock");
  let last: unknown;
  let server: ReturnType<typeof Bun.serve>;
  beforeAll(() => {
    server = Bun.serve({
      unix: socket,
      fetch: async (request) => {
        if (request.url.includes("/_ping")) return new Response("OK", { headers: { "api-version": "1.51", ostype: "linux" } });
        last = await request.json();
        return Response.json({ Id: "a".repeat(64), Warnings: [] }, { status: 201 });
      },
    });
  });
  afterAll(() => server.stop(true));

  async function dockerBody(line: string): Promise<{ body: unknown; code: number; words: string }> {
    last = undefined;
    const child = Bun.spawn([docker ?? "docker", "--config", folder, "-H", `unix://${socket}`, "create", ...line.split(" ").map(spaces)], {
      stdout: "ignore",
      stderr: "pipe",
    });
    const words = await new Response(child.stderr).text();
    return { body: last, code: await child.exited, words };
  }

  for (const [line] of accepted) {
    if (line.includes("--cidfile")) continue;
    test(line, async () => {
      const sent = await dockerBody(line);
      expect(sent.words).not.toContain("docker:");
      expect(comparable(bodyOf(line))).toEqual(comparable(sent.body));
    });
  }
  for (const [line] of refused) {
    test(`refuses ${line}`, async () => {
      const sent = await dockerBody(line);
      expect({ sent: sent.body !== undefined, code: sent.code }).toEqual({ sent: false, code: 125 });
    });
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));
