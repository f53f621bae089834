// time limit: 4 minutes
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dockerCliPath } from "../harness/engines.ts";
import { exitCodeOf, openScene, refusal, type Scene, until } from "../harness/scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene("containers");
}, 60_000);
afterEach(async () => {
  await scene.clear();
  await scene.unchanged();
}, 60_000);
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
}, 30_000);

const create = (body: object, name = ""): Promise<[number, string]> =>
  scene.api
    .post(`/containers/create${name === "" ? "" : `?name=${encodeURIComponent(name)}`}`, { Image: "busybox", ...body })
    .then(refusal);

/** Makes and starts; the answer that refused, or null. */
async function startOf(body: object): Promise<[number, string] | null> {
  const made = await scene.api.post("/containers/create?name=xx", { Image: "busybox", Cmd: ["true"], ...body });
  if (made.status !== 201) return refusal(made);
  const started = await scene.api.post("/containers/xx/start");
  return started.status === 204 ? null : refusal(started);
}

describe("what does not exist", () => {
  test.each([
    ["GET", "/containers/nope/json", "No such container: nope"],
    ["POST", "/containers/nope/start", "No such container: nope"],
    ["POST", "/containers/nope/stop", "No such container: nope"],
    ["POST", "/containers/nope/kill", "Cannot kill container: nope: No such container: nope"],
    ["POST", "/containers/nope/pause", "No such container: nope"],
    ["POST", "/containers/nope/wait", "No such container: nope"],
    ["POST", "/containers/nope/rename?name=xx", "No such container: nope"],
    ["POST", "/containers/nope/resize?h=1&w=1", "No such container: nope"],
    ["GET", "/containers/nope/logs?stdout=1", "No such container: nope"],
    ["GET", "/containers/nope/top", "No such container: nope"],
    ["DELETE", "/containers/nope", "No such container: nope"],
    ["GET", "/exec/nope/json", "No such exec instance: nope"],
    ["GET", "/images/nope/json", "No such image: nope"],
    ["DELETE", "/images/nope", "No such image: nope:latest"],
    ["POST", "/images/nope/tag?repo=x", "No such image: nope:latest"],
    ["GET", "/images/nope/history", "No such image: nope"],
    ["GET", "/networks/nope", "network nope not found"],
  ])("%s %s", async (method, path, words) => {
    const [status, message] = refusal(await scene.api.request(path, { method }));
    expect([status, message.replace(/:latest$/, "")]).toEqual([404, words.replace(/:latest$/, "")]);
  });

  test("an image", async () => {
    expect(await create({ Image: "nope" })).toEqual([404, "No such image: nope:latest"]);
    expect(await create({ Image: `sha256:${"0".repeat(64)}` })).toEqual([404, `No such image: sha256:${"0".repeat(64)}`]);
    const run = await scene.berth(["run", "nope"]);
    expect(run.code).toBe(125);
    expect(run.stderr).toContain("nope");
  });

  test("a network, a namespace to join, a runtime", async () => {
    expect((await startOf({ HostConfig: { NetworkMode: "nope" } }))?.[0]).toBe(404);
    await scene.clear();
    expect((await startOf({ HostConfig: { NetworkMode: "container:nope" } }))?.[1]).toContain("No such container: nope");
    await scene.clear();
    expect((await startOf({ HostConfig: { PidMode: "container:nope" } }))?.[1]).toContain("No such container: nope");
    await scene.clear();
    expect((await startOf({ HostConfig: { Runtime: "nope" } }))?.[1]).toMatch(/[Uu]nknown( or invalid)? runtime/);
  });
});

describe("programs", () => {
  test.each<[string, object, number, RegExp]>([
    ["a missing command", { Cmd: ["nope"] }, 127, /"nope": executable file not found in \$PATH|exec: .*nope.* not found/],
    ["a missing path", { Cmd: ["/nope"] }, 127, /no such file or directory/],
    ["a file that is no program", { Cmd: ["/etc/noexec"] }, 126, /permission denied/],
    ["a directory", { Cmd: ["/etc"] }, 126, /permission denied|is a directory/],
    ["a working directory that is a file", { Cmd: ["true"], WorkingDir: "/etc/passwd" }, 126, /not a directory|permission denied/],
  ])(
    "%s: exit code and words, by API and both CLIs",
    async (_, body, code, words) => {
      const refused = await startOf(body);
      expect(refused?.[0]).toBe(400);
      expect(refused?.[1]).toMatch(words);
      const state = (await scene.api.get("/containers/xx/json")).json<{ State: { ExitCode: number; Error: string; Status: string } }>()
        .State;
      if (!("WorkingDir" in body)) expect(state.ExitCode).toBe(code);
      expect(state.Status).toBe("created");
      expect(state.Error).toMatch(words);
      await scene.clear();
      const { Cmd, WorkingDir } = body as { Cmd: string[]; WorkingDir?: string };
      const line = ["run", "--rm", ...(WorkingDir === undefined ? [] : ["-w", WorkingDir]), "busybox", ...Cmd];
      for (const cli of [scene.berth, ...(dockerCliPath() === null ? [] : [scene.docker])]) {
        const ran = await cli(line);
        expect(ran.stderr).toMatch(words);
        if (WorkingDir === undefined) expect(ran.code).toBe(code);
        else expect(ran.code).toBeGreaterThanOrEqual(125);
        await scene.unchanged();
      }
    },
    30_000,
  );

  test.each([
    "run.oci.hooks.stdout",
    "run.oci.seccomp_bpf_data",
    "run.oci.seccomp.plugins",
    "run.oci.keep_original_groups",
    "run.oci.handler",
    "org.criu.config",
    "org.systemd.property.DeviceAllow",
    "module.wasm.image/variant",
  ])("an annotation that the runtime would obey: %s", async (key) => {
    const body = { Image: "busybox", Cmd: ["true"], HostConfig: { Annotations: { [key]: "/tmp/pwned" } } };
    const [status, message] = refusal(await scene.api.at("v1.51").post("/containers/create", body));
    expect(status).toBe(400);
    expect(message).toStartWith(`invalid Annotations: "${key}" is an order to the runtime`);
  });

  test("exec of the same", async () => {
    expect(await startOf({ Cmd: ["sleep", "100"] })).toBeNull();
    for (const [command, code] of [
      ["nope", 127],
      ["/etc/noexec", 126],
      ["/etc", 126],
    ] as const) {
      for (const cli of [scene.berth, ...(dockerCliPath() === null ? [] : [scene.docker])]) {
        const ran = await cli(["exec", "xx", command]);
        expect([command, ran.code, ran.stdout + ran.stderr]).toEqual([command, code, expect.stringContaining(command)]);
      }
    }
    const user = await scene.berth(["exec", "-u", "nobodyatall", "xx", "true"]);
    expect([user.code, user.stdout + user.stderr]).toEqual([126, expect.stringContaining("unable to find user nobodyatall")]);
    expect((await scene.berth(["exec", "-w", "relative", "xx", "true"])).code).not.toBe(0);
    expect((await scene.berth(["exec", "xx", "true"])).code).toBe(0);
  }, 30_000);

  test.each([
    ["nobodyatall", /unable to find user nobodyatall/],
    ["root:nogroupatall", /unable to find group nogroupatall/],
    ["99999999999", /uids and gids must be in range 0-2147483647/],
    ["-1", /uids and gids must be in range 0-2147483647/],
    ["a\0b", /NUL/],
    [`name${"x".repeat(100_000)}`, /unable to find user/],
  ])("user %#", async (User, words) => {
    const refused = await startOf({ User });
    expect(refused?.[0]).toBe(400);
    expect(refused?.[1]).toMatch(words);
  });
});

describe("names", () => {
  test("in use", async () => {
    const first = await scene.api.post("/containers/create?name=taken", { Image: "busybox" });
    const { Id } = first.json<{ Id: string }>();
    const words = `Conflict. The container name "/taken" is already in use by container "${Id}". You have to remove (or rename) that container to be able to reuse that name.`;
    expect(await create({}, "taken")).toEqual([409, words]);
    expect(await create({}, "/taken")).toEqual([409, words]);
    await create({}, "other");
    expect(refusal(await scene.api.post("/containers/other/rename?name=taken"))).toEqual([
      409,
      expect.stringContaining('"/taken" is already in use'),
    ]);
    const race = await Promise.all(Array.from({ length: 10 }, () => create({}, "race")));
    expect(race.map(([status]) => status).toSorted((a, b) => a - b)).toEqual([201, ...Array<number>(9).fill(409)]);
  });

  const hostile = [
    "../x",
    "..",
    ".",
    "a/b",
    "a\0b",
    "a\nb",
    " a",
    "-a",
    "_a",
    "ä",
    "a😀",
    "a b",
    "a;b",
    "a$(id)",
    "%2e%2e",
    "x",
    "a\u202eb",
  ];
  test.each(hostile)("%p", async (name) => {
    const [status, message] = await create({}, name);
    expect([status, message]).toEqual([400, `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`]);
    for (const [method, path] of [
      ["GET", "json"],
      ["POST", "start"],
      ["GET", "logs?stdout=1"],
    ] as const) {
      const answer = await scene.api.request(`/containers/${encodeURIComponent(name)}/${path}`, { method });
      expect([400, 404]).toContain(answer.status);
      expect(answer.headers["content-type"]).toBe("application/json");
    }
  });

  test("of a megabyte", async () => {
    const name = "a".repeat(800_000);
    const answer = await scene.api.post(`/containers/create?name=${name}`, { Image: "busybox" });
    // Docker knows no bound; what is made must work and go away again.
    if (answer.status === 201) {
      expect((await scene.api.get(`/containers/${name}/json`)).status).toBe(200);
      expect((await scene.api.delete(`/containers/${name}`)).status).toBe(204);
    } else expect(answer.status).toBe(400);
  });

  test.each([
    "../x",
    "a//b",
    "/a",
    "a/",
    "A",
    "a:b:c",
    "a@sha256:00",
    "a\0",
    "a\n",
    "ä",
    ":latest",
    "a:",
    `${"a".repeat(300)}`,
    "sha256",
    "a/../b",
    "http://a",
    "a b",
  ])("reference %p", async (reference) => {
    const tag = await scene.api.post(`/images/busybox/tag?repo=${encodeURIComponent(reference)}`);
    const [status, message] = refusal(tag);
    expect([reference, status]).toEqual([reference, 400]);
    expect(message.length).toBeGreaterThan(10);
    const image = await scene.api.get(`/images/${encodeURIComponent(reference)}/json`);
    expect([reference, [400, 404].includes(image.status)]).toEqual([reference, true]);
    const [made] = await create({ Image: reference });
    expect([reference, [400, 404].includes(made)]).toEqual([reference, true]);
  });
});

describe("values", () => {
  test.each<[string, object, RegExp]>([
    ["a relative mount", { HostConfig: { Binds: ["a/b:/c"] } }, /includes invalid characters for a local volume name/],
    ["a mount without a target", { HostConfig: { Binds: ["/tmp:"] } }, /invalid volume specification/],
    ["a relative target", { HostConfig: { Binds: ["/tmp:c"] } }, /mount path must be absolute/],
    ["a mount over everything", { HostConfig: { Binds: ["/tmp:/"] } }, /destination can't be '\/'/],
    ["a mount over everything by dots", { HostConfig: { Binds: ["/tmp:/a/../"] } }, /destination can't be '\/'/],
    ["a mode that does not exist", { HostConfig: { Binds: ["/tmp:/a:nope"] } }, /invalid mode: nope/],
    ["four parts", { HostConfig: { Binds: ["/tmp:/a:ro:x"] } }, /invalid volume specification/],
    ["an empty mount", { HostConfig: { Binds: [""] } }, /invalid volume specification/],
    ["a NUL in a mount's target", { HostConfig: { Binds: ["/tmp:/a\0b"] } }, /NUL/],
    ["a NUL in a mount's source", { HostConfig: { Binds: ["/tmp/a\0b:/a"] } }, /NUL/],
    ["the same target twice", { HostConfig: { Binds: ["/tmp:/a", "/etc:/a/"] } }, /Duplicate mount point: \/a/],
    ["a volume's name upwards", { HostConfig: { Binds: ["..:/a"] } }, /includes invalid characters|too short|invalid volume/],
    [
      "a mount of no type",
      { HostConfig: { Mounts: [{ Type: "nope", Source: "/tmp", Target: "/a" }] } },
      /mount type unknown|[Ii]nvalid mount/,
    ],
    [
      "a mount of a missing folder",
      { HostConfig: { Mounts: [{ Type: "bind", Source: "/nope/nope", Target: "/a" }] } },
      /bind source path does not exist: \/nope\/nope/,
    ],
    ["a tmpfs with bad options", { HostConfig: { Tmpfs: { "/a": "nope=1" } } }, /nope/],
    ["a tmpfs at a relative path", { HostConfig: { Tmpfs: { a: "" } } }, /absolute|invalid/],
    ["a port that is none", { HostConfig: { PortBindings: { "99999/tcp": [{ HostPort: "1" }] } } }, /[Ii]nvalid port|99999/],
    ["a host port that is none", { HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "x" }] } } }, /[Ii]nvalid port specification: "x"/],
    ["a host address that is none", { HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "1.2.3", HostPort: "1" }] } } }, /1\.2\.3/],
    ["a protocol that is none", { HostConfig: { PortBindings: { "80/xtp": [{ HostPort: "1" }] } } }, /xtp/],
    ["a capability that does not exist", { HostConfig: { CapAdd: ["NOPE"] } }, /NOPE/],
    ["a security option that does not exist", { HostConfig: { SecurityOpt: ["nope"] } }, /nope/],
    ["a seccomp profile that is no JSON", { HostConfig: { SecurityOpt: ["seccomp={"] } }, /seccomp/],
    [
      "a device that does not exist",
      { HostConfig: { Devices: [{ PathOnHost: "/dev/nope", PathInContainer: "/dev/nope", CgroupPermissions: "rwm" }] } },
      /\/dev\/nope/,
    ],
    [
      "a device upwards",
      { HostConfig: { Devices: [{ PathOnHost: "/dev/../etc/passwd", PathInContainer: "/dev/x", CgroupPermissions: "rwm" }] } },
      /not a device|passwd/,
    ],
    [
      "device permissions that do not exist",
      { HostConfig: { Devices: [{ PathOnHost: "/dev/null", PathInContainer: "/dev/x", CgroupPermissions: "abc" }] } },
      /abc/,
    ],
    ["a signal to stop with", { StopSignal: "SIGNOPE" }, /Invalid signal: SIGNOPE/],
    ["too little memory", { HostConfig: { Memory: 1 } }, /Minimum memory limit allowed is 6MB/],
    ["negative memory", { HostConfig: { Memory: -5 } }, /Minimum memory|memory/i],
    ["more processors than there are", { HostConfig: { NanoCpus: 999e9 } }, /Range of CPUs is from 0\.01 to/],
    ["a set of processors that is none", { HostConfig: { CpusetCpus: "nope" } }, /nope/],
    ["processors that are not there", { HostConfig: { CpusetCpus: "0-9999" } }, /Requested CPUs are not available|9999/],
    ["a restart policy that does not exist", { HostConfig: { RestartPolicy: { Name: "nope" } } }, /invalid restart policy 'nope'/],
    [
      "an ulimit with the soft over the hard",
      { HostConfig: { Ulimits: [{ Name: "nofile", Soft: 9, Hard: 3 }] } },
      /soft limit must be less than or equal to hard limit: 9 > 3/,
    ],
    ["an ulimit that does not exist", { HostConfig: { Ulimits: [{ Name: "nope", Soft: 1, Hard: 1 }] } }, /nope/],
    ["a sysctl that does not exist", { HostConfig: { Sysctls: { "net.nope": "1" } } }, /net.nope|nope/],
    ["a sysctl of the host", { HostConfig: { Sysctls: { "kernel.panic": "1" } } }, /kernel.panic/],
    ["a sysctl upwards", { HostConfig: { Sysctls: { "net.../../../kernel/panic": "1" } } }, /invalid sysctl name/],
    ["a log driver that does not exist", { HostConfig: { LogConfig: { Type: "nope" } } }, /nope/],
    ["an option of a log driver", { HostConfig: { LogConfig: { Type: "json-file", Config: { "max-size": "x" } } } }, /max-size|x/],
    ["an extra host", { HostConfig: { ExtraHosts: ["nope"] } }, /nope/],
    ["an extra host with a line end", { HostConfig: { ExtraHosts: ["a:1.2.3.4\n6.6.6.6 evil"] } }, /bad format for add-host/],
    ["a DNS server that is none", { HostConfig: { Dns: ["nope"] } }, /nope/],
    ["a search domain with a line end", { HostConfig: { DnsSearch: ["a\nnameserver 6.6.6.6"] } }, /invalid|domain/],
    ["a DNS option with a line end", { HostConfig: { DnsOptions: ["a\nnameserver 6.6.6.6"] } }, /invalid|option/],
    ["a hostname with a line end", { Hostname: "a\nb" }, /[Ii]nvalid|hostname/],
    ["a domain with a line end", { Domainname: "a\nb" }, /[Ii]nvalid|domain/],
    ["a hostname that is too long", { Hostname: "a".repeat(65) }, /too long|hostname/],
    ["a MAC address that is none", { MacAddress: "nope" }, /nope/],
    ["a relative working directory", { WorkingDir: "a" }, /needs to be an absolute path/],
    ["a NUL in the environment", { Env: ["A=b\0c"] }, /NUL/],
    ["a NUL in an argument", { Cmd: ["echo", "a\0b"] }, /NUL/],
    ["an environment without a name", { Env: ["=x"] }, /invalid environment variable: =x/],
    ["a cgroup parent upwards", { HostConfig: { CgroupParent: "/../../x" } }, /cgroup/i],
  ])("%s", async (_, body, words) => {
    const refused = await startOf(body);
    expect(refused).not.toBeNull();
    expect(refused?.[1]).toMatch(words);
    expect([400, 404, 409, 500]).toContain(refused?.[0] ?? 0);
  });

  test("an environment and labels of megabytes", async () => {
    const env = Array.from({ length: 2000 }, (_, at) => `V${at}=${"x".repeat(1000)}`);
    const refused = await startOf({ Cmd: ["sh", "-c", "env | wc -c"], Env: env, Labels: { big: "x".repeat(2_000_000) } });
    // The kernel's bound for all arguments and the environment is a quarter of the stack's.
    if (refused !== null) expect(refused[1]).toMatch(/[Aa]rgument list too long/);
    else expect(await exitCodeOf(scene.api, "xx")).toBe(0);
    await scene.clear();
    // One string of the environment has a bound of its own, which shows when the program is to be run.
    const one = await startOf({ Cmd: ["true"], Env: [`A=${"x".repeat(3_000_000)}`] });
    if (one !== null) expect(one[1]).toMatch(/[Aa]rgument list too long/);
    else expect(await exitCodeOf(scene.api, "xx")).not.toBe(0);
    expect((await scene.api.get("/containers/json?all=1")).status).toBe(200);
  }, 30_000);
});

describe("ports in use", () => {
  test("by a program of the host and by another container", async () => {
    const server = scene.sandbox.start("nc", ["busybox", "nc", "-ll", "-p", "7001", "-e", "true"]);
    await until(async () => (await scene.sandbox.run(["ss", "-Hltn"])).stdout.includes(":7001 "), 5000, "the program does not listen");
    const ports = (port: string): object => ({ HostConfig: { PortBindings: { "80/tcp": [{ HostPort: port }] } } });
    const host = await startOf(ports("7001"));
    expect(host?.[0]).toBe(500);
    expect(host?.[1]).toMatch(/0\.0\.0\.0:7001.*address already in use/);
    server.signal("SIGKILL");
    await server.exited;
    await scene.clear();
    await scene.unchanged();
    expect(await startOf({ ...ports("7002"), Cmd: ["sleep", "100"] })).toBeNull();
    expect((await scene.api.post("/containers/create?name=yy", { Image: "busybox", ...ports("7002") })).status).toBe(201);
    const [status, words] = refusal(await scene.api.post("/containers/yy/start"));
    expect([status, words]).toEqual([500, expect.stringMatching(/7002.*port is already allocated/)]);
  }, 30_000);
});

describe("processes", () => {
  test("signals that do not exist, and a container that does not run", async () => {
    expect(await startOf({ Cmd: ["sleep", "100"] })).toBeNull();
    for (const signal of ["NOPE", "99", "0", "-1", "9x", "SIGSIGKILL", "RTMAX+1", "999999999999999999999"]) {
      const [status, message] = refusal(await scene.api.post(`/containers/xx/kill?signal=${encodeURIComponent(signal)}`));
      expect([signal, status]).toEqual([signal, 400]);
      expect(message).toMatch(/[Ii]nvalid signal|does not support signal/);
    }
    expect((await scene.api.post("/containers/xx/kill")).status).toBe(204);
    const id = (await scene.api.get("/containers/xx/json")).json<{ Id: string }>().Id;
    expect(refusal(await scene.api.post("/containers/xx/kill"))).toEqual([
      409,
      `Cannot kill container: xx: Container ${id} is not running`,
    ]);
    expect(refusal(await scene.api.get("/containers/xx/top"))).toEqual([409, `Container ${id} is not running`]);
    expect(refusal(await scene.api.post("/containers/xx/pause"))).toEqual([409, `Container ${id} is not running`]);
    expect(refusal(await scene.api.post("/containers/xx/exec", { Cmd: ["true"] }))).toEqual([409, `Container ${id} is not running`]);
  }, 30_000);

  test("arguments of ps", async () => {
    expect(await startOf({ Cmd: ["sleep", "100"] })).toBeNull();
    const top = (args: string): Promise<[number, string]> =>
      scene.api.get(`/containers/xx/top?ps_args=${encodeURIComponent(args)}`).then((answer) => [answer.status, answer.text]);
    const marker = `${scene.sandbox.folder}/ps-marker`;
    for (const args of [
      "--nope",
      "-o nope",
      "-o pid=PID,uid=PID",
      "; touch MARKER",
      "$(touch MARKER)",
      "`touch MARKER`",
      "| touch MARKER",
      "-o user=\n",
      "x".repeat(100_000),
      "-p 1",
      "-o cmd",
      "--help",
      "--version",
      "\0",
      "-C sleep",
      "aux -q 1",
      "--ppid 1",
      "-o pid,".repeat(2000),
    ]) {
      const [status, text] = await top(args.replaceAll("MARKER", marker));
      expect([args.slice(0, 20), [200, 400, 500].includes(status), text.startsWith("{")]).toEqual([args.slice(0, 20), true, true]);
      if (status === 200) {
        // Only the container's own processes, whatever ps was asked for.
        for (const row of (JSON.parse(text) as { Processes: string[][] }).Processes ?? []) expect(row.join(" ")).toContain("sleep");
      }
    }
    expect(existsSync(marker)).toBe(false);
    expect((await top(""))[0]).toBe(200);
  }, 30_000);

  test("numbers that are none in queries", async () => {
    expect(await startOf({ Cmd: ["sleep", "100"] })).toBeNull();
    for (const [method, path] of [
      ["POST", "stop?t=x"],
      ["POST", "stop?t=99999999999999999999"],
      ["POST", "restart?t=1.5"],
      ["POST", "resize?h=x&w=1"],
      ["POST", "resize?h=-1&w=1"],
      ["POST", "resize?h=99999999&w=1"],
      ["GET", "logs"],
      ["GET", "logs?stdout=1&since=x"],
      ["GET", "logs?stdout=1&until=99999999999999999999999"],
      ["POST", "wait?condition=nope"],
      ["POST", "attach?stream=1&stdout=1&detachKeys=nope-nope"],
    ] as const) {
      const answer = await scene.api.at("v1.42").request(`/containers/xx/${path}`, { method, timeoutMs: 5000 });
      // Docker answers an attach that fails as it answers one that succeeds.
      const type = path.startsWith("attach") ? "application/vnd.docker.raw-stream" : "application/json";
      expect([path, answer.status, answer.headers["content-type"]]).toEqual([path, 400, type]);
    }
    for (const tail of ["x", "-5", "1e9", "99999999999999999999"]) {
      expect([200, 400]).toContain((await scene.api.get(`/containers/xx/logs?stdout=1&tail=${tail}`)).status);
    }
    const list = await scene.api.get("/containers/json?limit=x");
    expect(list.status).toBe(400);
    const state = (await scene.api.get("/containers/xx/json")).json<{ State: { Running: boolean } }>().State;
    expect(state.Running).toBe(true);
  }, 30_000);
});

describe("mounts from strange places", () => {
  test("a link, a file, a socket, a FIFO and a path of many parts on the host", async () => {
    const folder = `${scene.sandbox.folder}/host`;
    mkdirSync(`${folder}/real`, { recursive: true });
    writeFileSync(`${folder}/real/f`, "real\n");
    symlinkSync("real", `${folder}/link`);
    symlinkSync("nowhere/at/all", `${folder}/dangling`);
    await scene.sandbox.run(["mkfifo", `${folder}/fifo`]);
    const bind = (source: string, target = "/m"): object => ({ HostConfig: { Binds: [`${source}:${target}`] } });
    const out = async (body: object): Promise<string> => {
      expect(await startOf(body)).toBeNull();
      await exitCodeOf(scene.api, "xx");
      const logs = await scene.berth(["logs", "xx"]);
      await scene.clear();
      return logs.stdout;
    };
    expect(await out({ ...bind(`${folder}/link`), Cmd: ["cat", "/m/f"] })).toBe("real\n");
    expect(await out({ ...bind(`${folder}/real/f`), Cmd: ["cat", "/m"] })).toBe("real\n");
    expect(await out({ ...bind(`${folder}/fifo`), Cmd: ["sh", "-c", "test -p /m && echo fifo"] })).toBe("fifo\n");
    expect(await out({ ...bind(scene.engine.socket), Cmd: ["sh", "-c", "test -S /m && echo socket"] })).toBe("socket\n");
    expect(await out({ ...bind(`${folder}/x/../real//./`), Cmd: ["cat", "/m/f"] })).toBe("real\n");
    const dangling = await startOf(bind(`${folder}/dangling`));
    expect(dangling?.[1]).toContain(`${folder}/dangling`);
    await scene.clear();
    const below = await startOf(bind(`${folder}/real/f/below`));
    expect(below?.[1]).toContain(`${folder}/real/f/below`);
    await scene.clear();
    expect((await startOf(bind(`/${"a".repeat(300)}`)))?.[1]).toMatch(/name too long/i);
    await scene.clear();
    const onFile = await startOf(bind(folder, "/etc/passwd"));
    expect(onFile?.[1]).toMatch(/[Nn]ot a directory/);
    expect(readFileSync(`${folder}/real/f`, "utf8")).toBe("real\n");
    rmSync(folder, { recursive: true });
  }, 60_000);
});

test("sizes count what a container has written, as Docker does", async () => {
  expect(await startOf({ Cmd: ["sleep", "100"] })).toBeNull();
  const sizes = async (): Promise<[number, number]> => {
    const [row] = (await scene.api.get("/containers/json?size=1")).json<{ SizeRw?: number; SizeRootFs: number }[]>();
    // Docker leaves a size of nothing out.
    return [row?.SizeRw ?? 0, (row?.SizeRootFs ?? 0) - (row?.SizeRw ?? 0)];
  };
  const image = (await scene.api.get("/images/busybox/json")).json<{ Size: number }>().Size;
  expect(await sizes()).toEqual([0, image]);
  expect((await scene.berth(["exec", "xx", "sh", "-c", "mkdir -p /a/b; echo 12345 > /a/b/f; ln /a/b/f /g; rm /etc/noexec"])).code).toBe(0);
  expect(await sizes()).toEqual([6, image]);
}, 30_000);
