import { mkdirSync, writeFileSync } from "node:fs";
import { directory, file, tar } from "../../harness/busybox-image.ts";
import type { CaseContext, DifferentialCase } from "../case.ts";

/** Runs command lines one after another and notes code and output of each; folders get one name, ages too. */
async function commands(context: CaseContext, lines: readonly string[], see = (stdout: string): unknown => stdout): Promise<void> {
  for (const [index, line] of lines.entries()) {
    const words = line.split(" ").map((word) => word.replace("FOLDER", context.sandbox.folder));
    const { code, stdout, stderr } = await context.cli(words);
    context.see(`${index + 1}. docker ${line}`, { code, stdout: see(stdout), stderr: stderr.replaceAll(context.sandbox.folder, "FOLDER") });
  }
}

const ages = (text: string): string =>
  text
    .replaceAll(/(Less than a second|About a minute|\d+ (seconds?|minutes?|hours?|days?|weeks?|months?|years?)) ago/g, "<age>")
    .replaceAll(/ {2,}/g, "  ");

/** What an inspect shows, but for what is of the moment. */
async function network(context: CaseContext, name: string, addresses: boolean): Promise<unknown> {
  const { Driver, Scope, Internal, Attachable, EnableIPv6, IPAM, Options, Labels } = (await context.api.get(`/networks/${name}`)).json<
    Record<string, unknown>
  >();
  return { Driver, Scope, Internal, Attachable, EnableIPv6, ...(addresses ? { IPAM } : {}), Options, Labels };
}

/** Flags of commands for images, networks, volumes and the engine, and what restart, stop, update and start have besides. */
export const cliMore: readonly DifferentialCase[] = [
  {
    name: "cli flags: images and history",
    run: (context) =>
      commands(
        context,
        [
          "images --all --format {{.Repository}}:{{.Tag}}",
          "images --digests --format {{.Repository}}:{{.Digest}}",
          "images --digests",
          "images --filter dangling=true --quiet",
          "images --no-trunc -q busybox:latest",
          "history --no-trunc busybox",
          "history --quiet busybox",
          "history --human=false --format {{.CreatedAt}}:{{.Size}} busybox",
          "history --format {{.CreatedBy}}:{{.Comment}} busybox",
          "image inspect --format {{.Os}} busybox",
        ],
        ages,
      ),
  },
  {
    name: "cli flags: import, save, load, rmi",
    run: async (context) => {
      const folder = `${context.sandbox.folder}/archives`;
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${folder}/files.tar`, tar([directory("etc/"), file("etc/greeting", Buffer.from("hello\n"))]));
      // The id of what is imported holds the time.
      await commands(context, ["import --change CMD=x --message m FOLDER/archives/files.tar bad:1"]);
      const made = await context.cli(["import", "--change", 'CMD ["a"]', "-m", "a note", `${folder}/files.tar`, "made:1"]);
      context.see("import", { code: made.code, length: made.stdout.length });
      const piped = await context.cli(["import", "--message", "again", "-", "made:2"], { input: tar([directory("etc/")]) });
      context.see("import -", { code: piped.code, length: piped.stdout.length });
      await commands(
        context,
        [
          "image inspect --format {{.Comment}}{{.Config.Cmd}} made:1",
          "import FOLDER/nope.tar",
          "save --output FOLDER/archives/saved.tar busybox made:1",
          "save -o FOLDER/nope/x.tar busybox",
          "save nope",
          "rmi --force made:1",
          "rmi --no-prune made:2",
          "rmi --force nope",
          "load --quiet --input FOLDER/archives/saved.tar",
          "image inspect --format {{.RepoTags}} made:1",
          "load -i FOLDER/nope.tar",
          "rmi made:1",
        ],
        (text) =>
          text
            .split("\n")
            .filter((line) => !/^Deleted: /.test(line))
            .join("\n"),
      );
      const saved = await context.cli(["load"], { input: await Bun.file(`${folder}/saved.tar`).bytes() });
      context.see("load of standard input", { code: saved.code, last: saved.stdout.trim().split("\n").sort() });
    },
  },
  {
    name: "cli flags: network create and inspect",
    run: async (context) => {
      const lines = [
        "--driver bridge",
        "-d nope",
        "--internal",
        "--attachable",
        "--scope local",
        "--scope nope",
        "--ingress",
        "--subnet 10.9.0.0/16 --gateway 10.9.0.254 --ip-range 10.9.5.0/24 --aux-address printer=10.9.5.1",
        "--gateway 10.9.0.254",
        "--subnet bogus",
        "--ipam-driver default",
        "--ipam-driver nope",
        "--opt com.docker.network.driver.mtu=1400 -o com.docker.network.bridge.enable_icc=true",
        "-o a=b",
        "--label a=b --label c",
      ];
      for (const line of lines) {
        const { code, stderr } = await context.cli(["network", "create", ...line.split(" "), "n1"]);
        // Which addresses are free is up to the networks that there were before.
        const shown = (): Promise<unknown> => network(context, "n1", line.includes("--subnet"));
        context.see(line, code === 0 ? { code, network: await shown() } : { code, stderr });
        await context.api.delete("/networks/n1");
      }
      await commands(context, [
        "network inspect --verbose --format {{.Name}}{{.Driver}} bridge",
        "network create",
        "network rm nope",
        "network rm bridge",
      ]);
    },
  },
  {
    name: "cli flags: volume",
    onlyDockerCli: "berth has no commands for volumes",
    run: async (context) => {
      await commands(context, [
        "volume create --label a=b --driver local v1",
        "volume create v1",
        "volume create -d nope v2",
        "volume create --opt bogus=1 v3",
        "volume inspect --format {{.Name}}{{.Driver}}{{.Labels}}{{.Scope}} v1",
        "volume inspect nope",
        "volume ls --filter label=a=b",
        "volume ls --quiet --filter name=v1",
        "volume ls --format {{.Name}}{{.Driver}}{{.Labels}} -f label=a",
        "volume rm --force nope",
        "volume rm v1",
        "volume rm v1",
      ]);
    },
  },
  {
    name: "cli flags: events",
    run: async (context) => {
      const since = String(Math.floor(Date.now() / 1000));
      await context.create("seen", { Cmd: ["true"] });
      await context.api.post("/containers/seen/start");
      await context.api.post("/containers/seen/wait");
      await context.api.delete("/containers/seen");
      const until = String(Math.floor(Date.now() / 1000) + 1);
      const filters = "--filter type=container --filter container=seen";
      for (const [label, line] of [
        ["by template", "--format {{.Action}}:{{.Actor.Attributes.name}}:{{.Actor.Attributes.image}} " + filters],
        ["one event", "-f event=die -f container=seen --format {{.Type}}:{{.Action}}:{{.Actor.Attributes.exitCode}}"],
        ["as lines", "-f event=create -f container=seen"],
      ] as const) {
        const { code, stdout } = await context.cli(["events", "--since", since, "--until", until, ...line.split(" ")]);
        context.see(label, { code, stdout });
      }
    },
  },
  {
    name: "cli flags: update",
    run: async (context) => {
      await context.start("u1", { Cmd: ["sleep", "600"], HostConfig: { NetworkMode: "none" } });
      const lines = [
        "--cpu-shares 512",
        "--cpu-period 50000 --cpu-quota 25000",
        "--cpuset-cpus 0 --cpuset-mems 0",
        "--cpuset-cpus 99",
        "--memory 64m --memory-swap 128m",
        "--memory-reservation 32m",
        "--pids-limit 50",
        "--restart on-failure:2",
        "--blkio-weight 300",
        "--cpu-rt-period 1000 --cpu-rt-runtime 100",
        "--kernel-memory 1",
        "--memory 1k",
      ];
      for (const line of lines) {
        const { code, stdout, stderr } = await context.cli(["update", ...line.split(" "), "u1"]);
        const { HostConfig } = (await context.api.get("/containers/u1/json")).json<{ HostConfig: Record<string, unknown> }>();
        const names = [
          "CpuShares",
          "CpuPeriod",
          "CpuQuota",
          "CpusetCpus",
          "CpusetMems",
          "Memory",
          "MemorySwap",
          "MemoryReservation",
          "PidsLimit",
          "RestartPolicy",
          "BlkioWeight",
        ];
        context.see(line, { code, stdout, stderr, shown: names.map((name) => HostConfig[name]) });
      }
    },
  },
  {
    name: "cli flags: checkpoints without experimental features",
    run: async (context) => {
      await context.create("c1", { Cmd: ["sleep", "60"] });
      await commands(context, [
        "checkpoint create --leave-running c1 one",
        "checkpoint ls c1",
        "checkpoint rm c1 one",
        "start --checkpoint one c1",
        "start --checkpoint one --checkpoint-dir /nope c1",
      ]);
    },
  },
  {
    name: "checkpoints: list, remove, and what is refused",
    daemonFlags: ["--experimental"],
    run: async (context) => {
      await context.create("c1", { Cmd: ["sleep", "60"] });
      const folder = `${context.sandbox.folder}/kept`;
      mkdirSync(folder, { recursive: true });
      await commands(context, [
        "checkpoint ls c1",
        "checkpoint ls --checkpoint-dir FOLDER/kept c1",
        "checkpoint ls nope",
        "checkpoint create c1 one",
        "checkpoint create --checkpoint-dir FOLDER/kept c1 one",
        "checkpoint create --leave-running nope one",
        "checkpoint rm c1 nope",
        "checkpoint rm --checkpoint-dir FOLDER/kept c1 nope",
        "checkpoint rm nope one",
        "start --checkpoint nope c1",
        "start --checkpoint nope --checkpoint-dir FOLDER/kept c1",
        "version --format {{.Server.Experimental}}",
      ]);
    },
  },
  {
    name: "cli flags: plugin ls",
    onlyDockerCli: "berth has no plugins",
    run: (context) => commands(context, ["plugin ls", "plugin ls -q"]),
  },
];
