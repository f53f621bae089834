import { until } from "../../harness/sandbox.ts";
import type { CaseContext, DifferentialCase } from "../case.ts";

/** Sends a request and notes status and text under its own name. */
async function answers(
  context: CaseContext,
  requests: readonly (readonly [method: string, path: string, body?: unknown])[],
): Promise<void> {
  const counts = new Map<string, number>();
  for (const [method, path, body] of requests) {
    const answer = await context.api.request(path, { method, body });
    const label = `${method} ${path}${body === undefined ? "" : ` ${JSON.stringify(body)}`}`;
    const times = (counts.get(label) ?? 0) + 1;
    counts.set(label, times);
    context.see(times === 1 ? label : `${label} (${times})`, { status: answer.status, text: answer.text });
  }
}

/** Every row of the table of statuses and messages that clients depend on. */
export const errors: readonly DifferentialCase[] = [
  {
    name: "errors: checkpoints without experimental features, odd queries",
    run: async (context) => {
      await context.create("t1", { Cmd: ["sleep", "60"] });
      await answers(context, [
        ["GET", "/containers/t1/checkpoints"],
        ["POST", "/containers/t1/checkpoints", { CheckpointID: "a" }],
        ["DELETE", "/containers/nope/checkpoints/a"],
        ["POST", "/containers/t1/start?checkpoint=a"],
        ["POST", "/containers/nope/start?checkpoint=a"],
        ["POST", "/containers/t1/start?checkpoint-dir=/x"],
        ["POST", "/containers/nope/start?checkpoint-dir=/x"],
        ["POST", "/containers/t1/start?bogus=1"],
        ["POST", "/containers/t1/pause", { a: 1 }],
        ["POST", "/containers/t1/unpause", { a: 1 }],
        ["POST", "/containers/t1/kill?signal="],
      ]);
    },
  },
  {
    name: "errors: name in use",
    run: async (context) => {
      await context.create("t1");
      await answers(context, [["POST", "/containers/create?name=t1", { Image: "busybox" }]]);
    },
  },
  {
    name: "errors: create refuses",
    run: (context) =>
      answers(context, [
        ["POST", "/containers/create?name=x1", { Image: "nope" }],
        ["POST", "/containers/create?name=x2", { Image: "nope:tag" }],
        ["POST", "/containers/create?name=x3", { Image: "" }],
        ["POST", "/containers/create?name=x4", { Image: "UPPER" }],
        ["POST", "/containers/create?name=!x", { Image: "busybox" }],
        ["POST", "/containers/create?name=x", { Image: "busybox" }],
        ["POST", "/containers/create?name=x5", { Image: "busybox", HostConfig: { AutoRemove: true, RestartPolicy: { Name: "always" } } }],
        ["POST", "/containers/create?name=x6", { Image: "busybox", HostConfig: { RestartPolicy: { Name: "bogus" } } }],
        [
          "POST",
          "/containers/create?name=x7",
          { Image: "busybox", HostConfig: { RestartPolicy: { Name: "always", MaximumRetryCount: 3 } } },
        ],
        [
          "POST",
          "/containers/create?name=x8",
          { Image: "busybox", HostConfig: { RestartPolicy: { Name: "on-failure", MaximumRetryCount: -1 } } },
        ],
        ["POST", "/containers/create?name=x9", { Image: "busybox", HostConfig: { Memory: 1000 } }],
        ["POST", "/containers/create?name=x10", { Image: "busybox", HostConfig: { NanoCpus: 99_000_000_000 } }],
        ["POST", "/containers/create?name=x11", { Image: "busybox", HostConfig: { NanoCpus: 1_000_000_000, CpuQuota: 5000 } }],
        ["POST", "/containers/create?name=x12", { Image: "busybox", HostConfig: { CpusetCpus: "99" } }],
        ["POST", "/containers/create?name=x13", { Image: "busybox", HostConfig: { Memory: 8_388_608, MemorySwap: 7_000_000 } }],
        ["POST", "/containers/create?name=x14", { Image: "busybox", HostConfig: { NetworkMode: "host", PidMode: "bogus" } }],
        ["POST", "/containers/create?name=x15", { Image: "busybox", HostConfig: { IpcMode: "bogus" } }],
        ["POST", "/containers/create?name=x16", { Image: "busybox", HostConfig: { NetworkMode: "container:nope" } }],
        ["POST", "/containers/create?name=x17", { Image: "busybox", HostConfig: { CapAdd: ["BOGUS"] } }],
        ["POST", "/containers/create?name=x18", { Image: "busybox", HostConfig: { CapDrop: ["BOGUS"] } }],
        ["POST", "/containers/create?name=x19", { Image: "busybox", HostConfig: { SecurityOpt: ["bogus"] } }],
        ["POST", "/containers/create?name=x20", { Image: "busybox", HostConfig: { SecurityOpt: ["bogus=1"] } }],
        ["POST", "/containers/create?name=x21", { Image: "busybox", HostConfig: { Sysctls: { bogus: "1" } } }],
        ["POST", "/containers/create?name=x22", { Image: "busybox", WorkingDir: "relative" }],
        ["POST", "/containers/create?name=x23", { Image: "busybox", StopSignal: "BOGUS" }],
        ["POST", "/containers/create?name=x24", { Image: "busybox", ExposedPorts: { "x/tcp": {} } }],
        ["POST", "/containers/create?name=x25", { Image: "busybox", HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "x" }] } } }],
        ["POST", "/containers/create?name=x26", { Image: "busybox", HostConfig: { PortBindings: { "80/bogus": [{ HostPort: "80" }] } } }],
        ["POST", "/containers/create?name=x27", { Image: "busybox", HostConfig: { Runtime: "bogus" } }],
        ["POST", "/containers/create?name=x28", { Image: "busybox", HostConfig: { LogConfig: { Type: "bogus" } } }],
        [
          "POST",
          "/containers/create?name=x29",
          { Image: "busybox", HostConfig: { LogConfig: { Type: "json-file", Config: { bogus: "1" } } } },
        ],
        ["POST", "/containers/create?name=x30", { Image: "busybox", HostConfig: { ShmSize: -1 } }],
        ["POST", "/containers/create?name=x31", { Image: "busybox", HostConfig: { OomScoreAdj: 2000 } }],
        ["POST", "/containers/create?name=x32", { Image: "busybox", HostConfig: { VolumesFrom: ["nope"] } }],
        ["POST", "/containers/create?name=x33", { Image: "busybox", HostConfig: { Links: ["nope:alias"] } }],
        ["POST", "/containers/create?name=x34", { Image: "busybox", HostConfig: { ExtraHosts: ["bogus"] } }],
        ["POST", "/containers/create?name=x35", { Image: "busybox", HostConfig: { Dns: ["bogus"] } }],
        [
          "POST",
          "/containers/create?name=x36",
          {
            Image: "busybox",
            HostConfig: { Devices: [{ PathOnHost: "/dev/nope", PathInContainer: "/dev/x", CgroupPermissions: "bogus" }] },
          },
        ],
      ]),
  },
  {
    name: "errors: mounts",
    run: (context) =>
      answers(context, [
        ["POST", "/containers/create?name=x37", { Image: "busybox", HostConfig: { Binds: ["/tmp:relative"] } }],
        ["POST", "/containers/create?name=x38", { Image: "busybox", HostConfig: { Binds: ["/tmp:/"] } }],
        ["POST", "/containers/create?name=x39", { Image: "busybox", HostConfig: { Binds: ["/tmp:/a:bogus"] } }],
        ["POST", "/containers/create?name=x40", { Image: "busybox", HostConfig: { Binds: ["/tmp:/a:ro,rw"] } }],
        ["POST", "/containers/create?name=x41", { Image: "busybox", HostConfig: { Binds: ["/tmp:/a", "/etc:/a"] } }],
        ["POST", "/containers/create?name=x42", { Image: "busybox", HostConfig: { Binds: [":/a"] } }],
        ["POST", "/containers/create?name=x43", { Image: "busybox", HostConfig: { Binds: ["/a:/b:/c:/d"] } }],
        ["POST", "/containers/create?name=x44", { Image: "busybox", HostConfig: { Binds: ["!bad:/a"] } }],
        [
          "POST",
          "/containers/create?name=x45",
          { Image: "busybox", HostConfig: { Mounts: [{ Type: "bind", Source: "/does/not/exist", Target: "/a" }] } },
        ],
        [
          "POST",
          "/containers/create?name=x46",
          { Image: "busybox", HostConfig: { Mounts: [{ Type: "bind", Source: "relative", Target: "/a" }] } },
        ],
        ["POST", "/containers/create?name=x47", { Image: "busybox", HostConfig: { Mounts: [{ Type: "bogus", Target: "/a" }] } }],
        [
          "POST",
          "/containers/create?name=x48",
          { Image: "busybox", HostConfig: { Mounts: [{ Type: "tmpfs", Source: "/x", Target: "/a" }] } },
        ],
        [
          "POST",
          "/containers/create?name=x49",
          { Image: "busybox", HostConfig: { Mounts: [{ Type: "bind", Source: "/tmp", Target: "" }] } },
        ],
        ["POST", "/containers/create?name=x50", { Image: "busybox", HostConfig: { Tmpfs: { relative: "" } } }],
        ["POST", "/containers/create?name=x51", { Image: "busybox", HostConfig: { Tmpfs: { "/a": "bogus=1" } } }],
      ]),
  },
  {
    name: "errors: no such thing",
    run: (context) =>
      answers(context, [
        ["GET", "/containers/nope/json"],
        ["POST", "/containers/nope/start"],
        ["POST", "/containers/nope/stop"],
        ["POST", "/containers/nope/kill"],
        ["POST", "/containers/nope/restart"],
        ["POST", "/containers/nope/pause"],
        ["POST", "/containers/nope/unpause"],
        ["POST", "/containers/nope/wait"],
        ["POST", "/containers/nope/rename?name=x"],
        ["POST", "/containers/nope/resize?h=1&w=1"],
        ["POST", "/containers/nope/attach?stream=1"],
        ["GET", "/containers/nope/top"],
        ["GET", "/containers/nope/logs?stdout=1"],
        ["DELETE", "/containers/nope"],
        ["POST", "/containers/nope/exec", { Cmd: ["true"] }],
        ["GET", "/exec/abc/json"],
        ["POST", "/exec/abc/start", {}],
        ["POST", "/exec/abc/resize?h=1&w=1"],
        ["GET", "/images/nope/json"],
        ["GET", "/images/nope/history"],
        ["DELETE", "/images/nope"],
        ["POST", "/images/nope/tag?repo=x"],
        ["GET", "/networks/nope"],
        ["DELETE", "/networks/nope"],
        ["DELETE", "/networks/host"],
        ["DELETE", "/networks/bridge"],
        ["POST", "/networks/create", { Name: "host" }],
        ["GET", "/volumes/nope"],
        ["DELETE", "/volumes/nope"],
        ["DELETE", "/volumes/nope?force=1"],
        ["POST", "/volumes/create", { Name: "!x" }],
        ["POST", "/volumes/create", { Name: "other", Driver: "bogus" }],
      ]),
  },
  {
    name: "errors: exec in a container that is restarting",
    run: async (context) => {
      const id = await context.start("t1", { Cmd: ["sh", "-c", "exit 1"], HostConfig: { RestartPolicy: { Name: "always" } } });
      // From the sixth round on the pause between two starts is over three seconds: long enough to be met.
      await until(
        async () => {
          const now = (await context.api.get(`/containers/${id}/json`)).json<{ RestartCount: number; State: { Status: string } }>();
          return now.RestartCount >= 6 && now.State.Status === "restarting";
        },
        40_000,
        "the container did not come to its sixth restart",
      );
      await answers(context, [["POST", "/containers/t1/exec", { Cmd: ["true"] }]]);
    },
  },
  {
    name: "errors: removed twice at once",
    run: async ({ api, start, see, untilStatus }) => {
      const id = await start("t1", { Cmd: ["sh", "-c", "mkdir /many && cd /many && for i in $(seq 8000); do echo > $i; done"] });
      see("id", id);
      await untilStatus("t1", "exited");
      const removed = await Promise.all(Array.from({ length: 4 }, () => api.delete(`/containers/${id}`)));
      const answered = removed.map(({ status, text }) => `${status} ${text}`);
      see("once", answered.filter((answer) => answer.startsWith("204")).length);
      // Which of the others comes while the first is at work, and which after it, is chance; one does.
      see("refused", answered.find((answer) => answer.startsWith("409")) ?? answered);
    },
  },
  {
    name: "errors: a push without credentials, even empty ones",
    run: (context) => answers(context, [["POST", "/images/busybox/push"]]),
  },
  {
    name: "errors: a volume in use, twice removed",
    run: async (context) => {
      const { api, create, see } = context;
      see("made", (await api.post("/volumes/create", { Name: "vol9", Labels: { a: "b" } })).json());
      see("made again", (await api.post("/volumes/create", { Name: "vol9" })).json());
      see("inspect", (await api.get("/volumes/vol9")).json());
      const id = await create("t1", { HostConfig: { Binds: ["vol9:/data"] } });
      see("id", id);
      for (const filters of [{ name: ["vol9"] }, { dangling: ["true"] }, { label: ["a=b"] }, { bogus: ["x"] }]) {
        const answer = await api.get(`/volumes?filters=${encodeURIComponent(JSON.stringify(filters))}`);
        see(JSON.stringify(filters), answer.status === 200 ? answer.json() : { status: answer.status, text: answer.text });
      }
      await answers(context, [
        ["DELETE", "/volumes/vol9"],
        ["DELETE", "/containers/t1"],
        ["DELETE", "/volumes/vol9"],
        ["DELETE", "/volumes/vol9"],
      ]);
    },
  },
  {
    name: "errors: wrong state",
    run: async (context) => {
      await context.create("c1");
      await context.start("r1", { Cmd: ["sleep", "60"] });
      await answers(context, [
        ["POST", "/containers/c1/stop"],
        ["POST", "/containers/c1/kill"],
        ["POST", "/containers/c1/pause"],
        ["POST", "/containers/c1/unpause"],
        ["GET", "/containers/c1/top"],
        ["POST", "/containers/c1/exec", { Cmd: ["true"] }],
        ["POST", "/containers/c1/resize?h=1&w=1"],
        ["POST", "/containers/r1/start"],
        ["POST", "/containers/r1/unpause"],
        ["DELETE", "/containers/r1"],
        ["POST", "/containers/r1/rename?name=r1"],
        ["POST", "/containers/r1/rename?name=c1"],
        ["POST", "/containers/r1/rename?name="],
        ["POST", "/containers/r1/rename?name=!x"],
        ["POST", "/containers/r1/kill?signal=BOGUS"],
        ["POST", "/containers/r1/kill?signal=99"],
        ["POST", "/containers/r1/resize?h=x&w=1"],
        ["POST", "/containers/r1/exec", { Cmd: [] }],
        ["POST", "/containers/r1/exec", {}],
        ["GET", "/containers/r1/logs"],
        ["GET", "/containers/r1/logs?stdout=1&since=bogus"],
        ["POST", "/containers/r1/attach?stream=1&stdout=1&detachKeys=ctrl-zz"],
        ["POST", "/containers/r1/pause"],
        ["POST", "/containers/r1/pause"],
        ["POST", "/containers/r1/exec", { Cmd: ["true"] }],
        ["POST", "/containers/r1/unpause"],
        ["GET", "/containers/r1/top?ps_args=--bogus-option"],
      ]);
    },
  },
  {
    name: "errors: filters",
    run: (context) =>
      answers(context, [
        ["GET", `/containers/json?filters=${encodeURIComponent('{"bogus":["x"]}')}`],
        ["GET", "/containers/json?filters=notjson"],
        ["GET", `/containers/json?filters=${encodeURIComponent('{"status":["bogus"]}')}`],
        ["GET", `/containers/json?filters=${encodeURIComponent('{"before":["nope"]}')}`],
        ["GET", `/containers/json?filters=${encodeURIComponent('{"exited":["x"]}')}`],
        ["GET", `/images/json?filters=${encodeURIComponent('{"bogus":["x"]}')}`],
        ["GET", "/containers/json?limit=x"],
      ]),
  },
  {
    name: "errors: start fails, 127 and 126",
    run: async ({ api, create, see }) => {
      for (const [name, command] of [
        ["missing", ["nosuch"]],
        ["missing path", ["/nosuch"]],
        ["not executable", ["/etc/noexec"]],
        ["a folder", ["/etc"]],
        ["through a file", ["/etc/passwd/x"]],
      ] as const) {
        const id = await create("f1", { Cmd: command });
        const answer = await api.post(`/containers/${id}/start`);
        const text = answer.text;
        see(name, {
          status: answer.status,
          words: [
            "executable file not found in $PATH",
            "no such file or directory",
            "permission denied",
            "is a directory",
            "not a directory",
          ].filter((words) => text.includes(words)),
        });
        const { State } = (await api.get(`/containers/${id}/json`)).json<{ State: Record<string, unknown> }>();
        see(`${name}: state`, { Status: State["Status"], ExitCode: State["ExitCode"], hasError: State["Error"] !== "" });
        await api.delete(`/containers/${id}`);
      }
    },
  },
  {
    name: "errors: start fails for the working directory, the user, the mount",
    run: async ({ api, see }) => {
      for (const [name, body] of Object.entries<Record<string, unknown>>({
        user: { User: "nouser" },
        group: { User: "root:nogroupx" },
        "uid out of range": { User: "99999999999" },
        workdir: { WorkingDir: "/etc/passwd" },
      })) {
        const created = await api.post("/containers/create?name=f1", { Image: "busybox", Cmd: ["true"], ...body });
        if (created.status !== 201) {
          see(name, { status: created.status, text: created.text });
          continue;
        }
        const id = created.json<{ Id: string }>().Id;
        const answer = await api.post(`/containers/${id}/start`);
        const { State } = (await api.get(`/containers/${id}/json`)).json<{ State: Record<string, unknown> }>();
        see(name, {
          status: answer.status,
          text: name === "workdir" ? "" : answer.text,
          Status: State["Status"],
          ExitCode: State["ExitCode"],
        });
        await api.delete(`/containers/${id}`);
      }
    },
  },
  {
    name: "errors: no command",
    run: async ({ api, see }) => {
      const archive = await emptyImage();
      await api.request("/images/create?fromSrc=-&repo=empty&tag=1", {
        method: "POST",
        raw: archive,
        headers: { "Content-Type": "application/x-tar" },
      });
      const answer = await api.post("/containers/create", { Image: "empty:1" });
      see("create", { status: answer.status, text: answer.text });
      see("rmi", (await api.delete("/images/empty:1")).status);
    },
  },
];

/** A root file system tar with one empty folder. */
async function emptyImage(): Promise<Buffer> {
  const { directory, tar } = await import("../../harness/busybox-image.ts");
  return tar([directory("etc/")]);
}
