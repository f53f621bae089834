import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildBusyboxImage, buildImage, file, readBusybox } from "../harness/busybox-image.ts";
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

/** What there is when a document begins, besides files and the image `busybox`. */
export interface Beginning {
  /** `web`, `db` and `shell` run. */
  readonly containers: boolean;
  /** Images of Docker's hub, here busybox with a command that lasts. */
  readonly standIns: boolean;
}

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

/** In one shell, so that their order is known. */
const makeContainers = `
  set -e
  berth create --init --label tier=front --name web -p 8080:80 busybox sh -c 'echo listening on port 80; exec httpd -f -h /home'
  berth create --init --name db busybox sleep 1d
  berth create -it --name shell busybox sh
  berth start web db shell
  until berth logs web | grep -q listening; do sleep 0.05; done`;

const standIns = ["nginx", "postgres", "app"];

/** Opens a {@link World}; its engine has its own processes, mounts and network. */
export async function openWorld(name: string): Promise<World> {
  const sandbox = await openSandbox(name);
  try {
    const mounted = await sandbox.run(["mount", "-t", "tmpfs", "tmpfs", "/run"]);
    if (mounted.code !== 0) throw new Error(`mount: ${mounted.stderr}`);
    const engine = await startBerth(sandbox, { flags: ["-H", "unix:///run/berth/berth.sock"] });
    const busybox = buildBusyboxImage("busybox:latest");
    await loadImage(engine, busybox.archive);
    return await makeWorld(sandbox, engine, busybox.id);
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

async function makeWorld(sandbox: Sandbox, engine: RunningEngine, busybox: string): Promise<World> {
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

  /** Without the folders of this test. */
  const asElsewhere = (output: string): string => output.replaceAll(engine.dataRoot, "/var/lib/berth").replaceAll(folder, "/srv/site");

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

  return {
    engine,
    begin: async (beginning) => {
      await clear(engine, busybox);
      await prepare(`cd .. && rm -rf here home && cp -al template here && mkdir home`);
      if (beginning.standIns) for (const name of standIns) await loadImage(engine, standIn(name));
      if (beginning.containers) await prepare(makeContainers);
    },
    run: async (line) => {
      const { code, stdout } = await plain(line);
      return { code, output: asElsewhere(stdout) };
    },
    act: async (line, steps) => {
      const enter = ["nsenter", "-t", String(sandbox.pid), "-m", "-n", "-p", "-i"];
      const program = openPty([...enter, ...shell(line)], environment);
      try {
        for (const step of steps) {
          await using _ = repeat(prepare, step.meanwhile);
          await program.expect(step.expect);
          program.type(step.type);
        }
        return { code: await program.exited, output: asElsewhere(program.output()) };
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
function repeat(act: (line: string) => Promise<void>, line: string | undefined): AsyncDisposable {
  let over = line === undefined;
  const done = (async () => {
    while (!over && line !== undefined) {
      await act(line);
      await Bun.sleep(200);
    }
  })();
  return {
    [Symbol.asyncDispose]: () => {
      over = true;
      return done;
    },
  };
}

/** A docker-archive of busybox under another name, with what examples call in it. */
function standIn(name: string): Uint8Array {
  const layers = [readBusybox(), [file("bin/pg_isready", Buffer.from("#!/bin/sh\nexit 0\n"), 0o755)]];
  return buildImage(`${name}:latest`, { layers, config: { Cmd: ["sleep", "1d"] } }).archive;
}

/** Removes all that examples have made; only the image busybox stays. */
async function clear({ api }: RunningEngine, busybox: string): Promise<void> {
  const there = (await api.get("/containers/json?all=1")).json<{ Id: string }[]>();
  await Promise.all(there.map(({ Id }) => api.delete(`/containers/${Id}?force=1&v=1`)));
  for (const { Id, RepoTags } of (await api.get("/images/json")).json<{ Id: string; RepoTags: string[] | null }[]>()) {
    const others = (RepoTags ?? []).filter((name) => name !== "busybox:latest");
    if (Id !== busybox) await api.delete(`/images/${Id}?force=1`);
    else for (const name of others) await api.delete(`/images/${encodeURIComponent(name)}?force=1`);
  }
  await api.post(`/images/${busybox}/tag?repo=busybox&tag=latest`);
  for (const { Name } of (await api.get("/networks")).json<{ Name: string }[]>()) {
    if (!["bridge", "host", "none"].includes(Name)) await api.delete(`/networks/${Name}`);
  }
}
