import { directory, file, tar } from "../../harness/busybox-image.ts";
import type { ApiAnswer } from "../../harness/engine-api.ts";
import type { CaseContext, DifferentialCase } from "../case.ts";

/** Makes one of everything that an archive can hold. */
const furnish = [
  "mkdir -p /w/d /w/empty",
  "cd /w",
  "echo hi >f",
  "echo x >d/x",
  "ln -s f l",
  "ln -s /w/nope dangling",
  "ln -s /w/d dirlink",
  "ln -s ../../../etc up",
  "ln f hard",
  "mkfifo pipe",
  "mknod null c 1 3",
  "mknod disk b 7 200",
  "chmod 4755 f",
  "chmod 1777 empty",
  "chown 1000:1001 d/x",
  "touch ä",
];

async function furnished({ start, create, api }: CaseContext, running: boolean): Promise<void> {
  const body = {
    Cmd: ["sh", "-c", `${furnish.join(" && ")} && touch /ready && exec sleep 1000`],
    HostConfig: { Binds: ["vol:/vol"] },
  };
  if (running) await start("c1", body);
  else await create("c1", body);
  for (let attempt = 0; running && attempt < 500; attempt++) {
    if ((await api.request("/containers/c1/archive?path=/ready", { method: "HEAD" })).status === 200) return;
    await Bun.sleep(20);
  }
}

function statOf(answer: ApiAnswer): unknown {
  const header = answer.headers["x-docker-container-path-stat"];
  if (header === undefined) return null;
  const stat = JSON.parse(Buffer.from(header, "base64").toString()) as Record<string, unknown>;
  return { ...stat, mtime: typeof stat["mtime"] };
}

/** The lines of `tar -tv` without times, and the hashes of what is in it. */
async function listing({ sandbox }: CaseContext, archive: Uint8Array): Promise<unknown> {
  const path = `${sandbox.folder}/listed.tar`;
  await Bun.write(path, new Uint8Array(archive));
  const list = await sandbox.run(["tar", "-tvP", "--numeric-owner", "-f", path]);
  const data = await sandbox.run(["sh", "-c", `tar -xOP -f ${path} | sha256sum`]);
  const lines = list.stdout.split("\n").map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, "<time>"));
  return { code: list.code, lines, sha256: data.stdout.slice(0, 16) };
}

async function put(
  { api }: CaseContext,
  container: string,
  options: { readonly query: string; readonly raw: Uint8Array },
): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await api.request(`/containers/${container}/archive?${options.query}`, {
    method: "PUT",
    raw: options.raw,
    headers: { "Content-Type": "application/x-tar" },
  });
  return { status: answer.status, text: answer.text };
}

const sample = tar([directory("in/"), file("in/a", Buffer.from("a\n")), directory("in/sub/"), file("in/sub/b", Buffer.from("b\n"))]);

/** Whole list of what changed, sorted: Docker's order is that of a Go map. */
async function changesOf({ api }: CaseContext, container: string): Promise<unknown> {
  const changes = (await api.get(`/containers/${container}/changes`)).json<{ Path: string; Kind: number }[] | null>();
  return changes === null ? null : changes.map(({ Path, Kind }) => `${Kind} ${Path}`).sort();
}

/** Files of containers: archive, changes, export. */
export const archive: readonly DifferentialCase[] = [
  {
    name: "archive: stat and get of a running container",
    run: async (context) => {
      const { api, see } = context;
      await furnished(context, true);
      for (const path of [
        "/w",
        "/w/",
        "/w/.",
        "w",
        "/w/f",
        "/w/l",
        "/w/dangling",
        "/w/dirlink",
        "/w/dirlink/",
        "/w/dirlink/.",
        "/w/up",
        "/w/up/",
        "../../w/d",
        "/vol",
      ]) {
        const query = `/containers/c1/archive?path=${encodeURIComponent(path)}`;
        const head = await api.request(query, { method: "HEAD" });
        see(`HEAD ${path}`, { status: head.status, stat: statOf(head) });
        const get = await api.get(query);
        const shown = path.startsWith("/w/up/") ? "the container's /etc" : await listing(context, get.body);
        see(`GET ${path}`, { status: get.status, type: get.headers["content-type"], listing: shown });
      }
      for (const path of ["/nope", "/w/f/x", "/w/dangling/x"]) {
        const get = await api.get(`/containers/c1/archive?path=${path}`);
        see(`GET ${path}`, { status: get.status === 404, text: get.status === 404 ? get.text : "" });
      }
      const packed = await api.request("/containers/c1/archive?path=/w/d", { headers: { "Accept-Encoding": "gzip" } });
      see("packed", {
        encoding: packed.headers["content-encoding"],
        listing: await listing(context, Bun.gunzipSync(new Uint8Array(packed.body))),
      });
      see("no container", (await api.get("/containers/nope/archive?path=/")).text);
    },
  },
  {
    name: "archive: put and get of a created container with a volume",
    run: async (context) => {
      const { api, see } = context;
      await furnished(context, false);
      see("into the root", await put(context, "c1", { query: "path=/", raw: sample }));
      see("into the volume", await put(context, "c1", { query: "path=/vol", raw: sample }));
      see("root", await listing(context, (await api.get("/containers/c1/archive?path=/in")).body));
      see("volume", await listing(context, (await api.get("/containers/c1/archive?path=/vol")).body));
      see("changes", await changesOf(context, "c1"));
      await api.post("/containers/c1/start");
      see("started", await listing(context, (await api.get("/containers/c1/archive?path=/vol/in")).body));
    },
  },
  {
    name: "archive: put replaces, keeps and refuses",
    run: async (context) => {
      const { api, see } = context;
      await furnished(context, true);
      const over = tar([file("d", Buffer.from("now a file\n"))]);
      const folder = tar([directory("f/"), file("f/x", Buffer.from("in f\n"))]);
      see("folder stays", await put(context, "c1", { query: "path=/w&noOverwriteDirNonDir=true", raw: over }));
      see("file stays", await put(context, "c1", { query: "path=/w&noOverwriteDirNonDir=1", raw: folder }));
      see("folder replaced", await put(context, "c1", { query: "path=/w", raw: over }));
      see("file replaced", await put(context, "c1", { query: "path=/w", raw: folder }));
      see("after", await listing(context, (await api.get("/containers/c1/archive?path=/w")).body));
      see("missing folder", await put(context, "c1", { query: "path=/nope", raw: sample }));
      see("a file", await put(context, "c1", { query: `path=${encodeURIComponent("/w/ä")}`, raw: sample }));
      see("through a link", await put(context, "c1", { query: "path=/w/up", raw: sample }));
      see("link's folder", await listing(context, (await api.get("/containers/c1/archive?path=/etc/in")).body));
      see("no archive", (await put(context, "c1", { query: "path=/w", raw: Buffer.from("junk") })).status >= 400);
      see("nothing", await put(context, "c1", { query: "path=/w", raw: Buffer.alloc(0) }));
      see("packed", await put(context, "c1", { query: "path=/w/empty", raw: Bun.gzipSync(new Uint8Array(sample)) }));
      see("unpacked", await listing(context, (await api.get("/containers/c1/archive?path=/w/empty")).body));
    },
  },
  {
    name: "archive: put refuses what is read-only",
    run: async (context) => {
      const { start, see } = context;
      await start("c1", { Cmd: ["sleep", "1000"], HostConfig: { ReadonlyRootfs: true, Binds: ["vol:/vol", "vol2:/fixed:ro"] } });
      for (const path of ["/etc", "/vol", "/fixed"]) see(path, await put(context, "c1", { query: `path=${path}`, raw: sample }));
    },
  },
  {
    name: "archive: copyUIDGID gives the files to the container's user",
    run: async (context) => {
      const { api, see, create } = context;
      await create("c1", { User: "0" });
      see("put", await put(context, "c1", { query: "path=/&copyUIDGID=true", raw: sample }));
      see("files", await listing(context, (await api.get("/containers/c1/archive?path=/in")).body));
    },
  },
  {
    name: "archive: events of copies",
    run: async (context) => {
      const { api, see, events } = context;
      await furnished(context, true);
      see(
        "events",
        await events(async () => {
          await api.get("/containers/c1/archive?path=/w/d");
          await put(context, "c1", { query: "path=/w/empty", raw: sample });
          await api.get("/containers/c1/export");
          await api.get("/containers/c1/archive?path=/nope");
        }),
      );
    },
  },
  {
    name: "archive: docker cp both ways",
    run: async (context) => {
      const { cli, see, sandbox } = context;
      await furnished(context, true);
      const here = `${sandbox.folder}/cp`;
      await sandbox.run(["rm", "-rf", here]);
      await sandbox.run([
        "sh",
        "-c",
        `mkdir -p ${here}/src/sub ${here}/there && cd ${here} && echo a >src/a && echo b >src/sub/b && ln -s a src/l && chown -R 7:8 src`,
      ]);
      const say = async (label: string, args: readonly string[]): Promise<void> => {
        const { code, stdout, stderr } = await cli(["cp", ...args]);
        see(label, { code, stdout, stderr: stderr.replaceAll(here, "<here>").replace(/time=.*\n/g, "") });
      };
      await say("folder to a new name", [`${here}/src`, "c1:/n1"]);
      await say("folder into one", [`${here}/src`, "c1:/n1"]);
      await say("content into one", [`${here}/src/.`, "c1:/w/empty"]);
      await say("file to a name", [`${here}/src/a`, "c1:/n2"]);
      await say("file over a file", [`${here}/src/sub/b`, "c1:/n2"]);
      await say("file to a missing folder", [`${here}/src/a`, "c1:/n3/"]);
      await say("folder over a file", [`${here}/src`, "c1:/n2"]);
      await say("link", [`${here}/src/l`, "c1:/n4"]);
      await say("behind a link", ["-L", `${here}/src/l`, "c1:/n5"]);
      await say("as the container's user", ["-a", `${here}/src`, "c1:/n6"]);
      await say("out", ["c1:/n1", `${here}/out1`]);
      await say("out, content", ["c1:/n1/.", `${here}/there`]);
      await say("out, a file", ["c1:/n2", `${here}/there`]);
      await say("out, behind a link", ["-L", "c1:/w/dirlink", `${here}/out2`]);
      await say("out, to a missing folder", ["c1:/n2", `${here}/no/such/name`]);
      await say("out, missing", ["c1:/nope", here]);
      await say("between containers", ["c1:/a", "c1:/b"]);
      for (const path of ["n1", "n2", "n4", "n5", "n6", "w/empty"])
        see(`in ${path}`, await listing(context, (await context.api.get(`/containers/c1/archive?path=/${path}`)).body));
      see(
        "here",
        (
          await sandbox.run([
            "sh",
            "-c",
            `cd ${here} && find . -printf '%P %y %m %U:%G %l\\n' | sort && find . -type f | sort | xargs sha256sum`,
          ])
        ).stdout,
      );
    },
  },
  {
    name: "changes: what a container changed",
    run: async (context) => {
      const { api, see, create, start, untilStatus } = context;
      await create("c0");
      see("nothing", await changesOf(context, "c0"));
      const work = [
        "mkdir -p /new/deep",
        "echo x >/new/deep/f",
        "echo more >>/etc/passwd",
        "rm /etc/group",
        "chmod 700 /bin",
        "rm -r /etc/noexec",
        "mkdir /etc/noexec",
        "echo y >/etc/noexec/in",
        "ln -s x /etc/link",
        "touch /w",
        "rm /w",
      ];
      await start("c1", { Cmd: ["sh", "-c", work.join(" && ")], HostConfig: { Binds: ["vol:/data"], Tmpfs: { "/tmpfs": "" } } });
      await untilStatus("c1", "exited");
      see("changes", await changesOf(context, "c1"));
      see("no container", (await api.get("/containers/nope/changes")).text);
      const cli = await context.cli(["diff", "c1"]);
      see("cli", cli.stdout.split("\n").sort());
    },
  },
  {
    name: "export: the whole root file system, running and stopped",
    run: async (context) => {
      const { api, see } = context;
      await furnished(context, true);
      const names = async (label: string): Promise<void> => {
        const answer = await api.get("/containers/c1/export");
        await Bun.write(`${context.sandbox.folder}/export.tar`, new Uint8Array(answer.body));
        const list = await context.sandbox.run(["tar", "-tvf", `${context.sandbox.folder}/export.tar`, "--numeric-owner"]);
        const lines = list.stdout.split("\n").map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, "<time>"));
        // Links of init files and the console, which Docker makes before any run.
        const shown = lines.filter(
          (line) =>
            !/ (etc\/mtab|dev\/console|\.dockerenv|etc\/(hosts|hostname|resolv\.conf)|(dev|etc|proc|sys)\/(pts\/|shm\/)?)( ->.*)?$/.test(
              line,
            ),
        );
        see(label, { status: answer.status, type: answer.headers["content-type"], lines: shown });
      };
      await names("running");
      await api.post("/containers/c1/kill");
      await context.untilStatus("c1", "exited");
      await names("stopped");
      const kept = `${context.sandbox.folder}/exported.tar`;
      const cli = await context.cli(["export", "-o", kept, "c1"]);
      see("cli", [cli.code, cli.stdout, (await context.sandbox.run(["tar", "-tf", kept, "etc/passwd"])).stdout]);
      see("no container", (await api.get("/containers/nope/export")).text);
    },
  },
];
