import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { berthCommand, loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openPty } from "../harness/pty.ts";
import { openSandbox, type RunResult, type Sandbox } from "../harness/sandbox.ts";
import type { Step } from "./behaviour.ts";

/** What has come of a line. */
export interface Outcome {
  readonly code: number;
  /** Standard output and error as they came. */
  readonly output: string;
}

/** Which containers run when a document begins. */
export type Beginning = "containers" | "images only";

/** A machine of its own on which the examples of documents run: an engine where everybody looks for it, files, images and containers. */
export interface World extends AsyncDisposable {
  readonly engine: RunningEngine;
  /** Makes everything as it was, in a new folder. */
  begin(beginning: Beginning): Promise<void>;
  /** Runs a line in a shell. */
  run(line: string): Promise<Outcome>;
  /** Runs a line in a shell on a terminal. */
  act(line: string, steps: readonly Step[]): Promise<Outcome>;
}

const containers: readonly string[] = [
  "berth run -d --init --label tier=front --name web -p 8080:80 busybox sh -c 'echo listening on port 80; exec httpd -f -h /home'",
  "berth run -d --init --name db busybox sleep 1d",
  "berth run -d -it --name shell busybox sh",
];

/** Images of Docker's hub that examples speak of; here they are busybox with a command that lasts. */
const standIns = ["nginx", "postgres", "app"];

/** Opens a {@link World}; its engine has its own processes, mounts and network. */
export async function openWorld(name: string): Promise<World> {
  const sandbox = await openSandbox(name);
  try {
    const mounted = await sandbox.run(["mount", "-t", "tmpfs", "tmpfs", "/run"]);
    if (mounted.code !== 0) throw new Error(`mount: ${mounted.stderr}`);
    const engine = await startBerth(sandbox, { flags: ["-H", "unix:///run/berth/berth.sock"] });
    await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
    for (const image of standIns) await loadImage(engine, buildBusyboxImage(`${image}:latest`, { Cmd: ["sleep", "1d"] }).archive);
    return await makeWorld(sandbox, engine);
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

async function makeWorld(sandbox: Sandbox, engine: RunningEngine): Promise<World> {
  const programs = path.join(sandbox.folder, "programs");
  mkdirSync(programs);
  symlinkSync(berthCommand(), path.join(programs, "berth"));
  mkdirSync(path.join(sandbox.folder, "template/dist"), { recursive: true });
  symlinkSync(berthCommand(), path.join(sandbox.folder, "template/dist/berth"));
  const folder = path.join(sandbox.folder, "here");
  const environment = {
    PATH: `${programs}:${process.env["PATH"] ?? ""}`,
    HOME: path.join(sandbox.folder, "home"),
    LANG: "C.UTF-8",
    BERTH_HOST: "",
    DOCKER_HOST: "",
    DOCKER_CONFIG: "",
  };
  const shell = (line: string): readonly string[] => ["sh", "-c", `cd ${folder} || exit 99; exec 2>&1\n${line}`];
  const plain = (line: string): Promise<RunResult> => sandbox.run(shell(line), { env: environment, timeoutMs: 60_000 });

  async function prepare(line: string): Promise<void> {
    const { code, stdout } = await plain(line);
    if (code !== 0) throw new Error(`${line}: ${stdout}`);
  }

  mkdirSync(path.join(sandbox.folder, "template/site"), { recursive: true });
  mkdirSync(folder);
  writeFileSync(path.join(sandbox.folder, "template/site/index.html"), "<h1>Hello</h1>\n");
  writeFileSync(path.join(sandbox.folder, "template/daemon.json"), '{ "log-level": "warn" }\n');
  await prepare(
    "cd ../template && berth save -o image.tar busybox && gzip -k image.tar && mkdir -p rootfs/bin && cp /bin/busybox rootfs/bin/sh && tar -C rootfs -cf rootfs.tar .",
  );
  const images = new Set((await listImages(engine)).flatMap(({ RepoTags }) => RepoTags ?? []));

  return {
    engine,
    begin: async (beginning) => {
      await clear(engine, images);
      await prepare(`cd .. && rm -rf here home && cp -al template here && mkdir home`);
      if (beginning === "images only") return;
      await Promise.all(containers.map(prepare));
      await prepare("until berth logs web | grep -q listening; do sleep 0.05; done");
    },
    run: async (line) => {
      const { code, stdout } = await plain(line);
      return { code, output: stdout };
    },
    act: async (line, steps) => {
      const enter = ["nsenter", "-t", String(sandbox.pid), "-m", "-n", "-p", "-i"];
      const program = openPty([...enter, ...shell(line)], environment);
      try {
        for (const step of steps) {
          const seen = step.meanwhile === undefined ? undefined : repeat(prepare, step.meanwhile);
          await program.expect(step.expect).finally(() => seen?.stop());
          program.type(step.type);
        }
        return { code: await program.exited, output: program.output() };
      } finally {
        program.kill();
      }
    },
    [Symbol.asyncDispose]: async () => {
      await engine.stop();
      await sandbox.close();
    },
  };
}

/** Does something again and again: nobody can know when the program that is to see it has begun to look. */
function repeat(act: (line: string) => Promise<void>, line: string): { stop: () => Promise<void> } {
  let over = false;
  const done = (async () => {
    while (!over) {
      await act(line);
      await Bun.sleep(200);
    }
  })();
  return {
    stop: () => {
      over = true;
      return done;
    },
  };
}

interface ImageEntry {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
}

async function listImages({ api }: RunningEngine): Promise<ImageEntry[]> {
  return (await api.get("/images/json")).json<ImageEntry[]>();
}

/** Removes all that examples have made. */
async function clear(engine: RunningEngine, images: ReadonlySet<string>): Promise<void> {
  const { api } = engine;
  const there = (await api.get("/containers/json?all=1")).json<{ Id: string }[]>();
  await Promise.all(there.map(({ Id }) => api.delete(`/containers/${Id}?force=1&v=1`)));
  for (const { Id, RepoTags } of await listImages(engine)) {
    const names = RepoTags ?? [];
    for (const name of names) if (!images.has(name)) await api.delete(`/images/${encodeURIComponent(name)}?force=1`);
    if (names.length === 0) await api.delete(`/images/${Id}?force=1`);
  }
  for (const { Name } of (await api.get("/networks")).json<{ Name: string }[]>()) {
    if (!["bridge", "host", "none"].includes(Name)) await api.delete(`/networks/${Name}`);
  }
}
