import { afterAll, beforeAll, expect, test } from "bun:test";
import { PassThrough, Readable } from "node:stream";
import Docker from "dockerode";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { type RunningEngine, startBerth } from "../harness/engines.ts";
import { openSandbox, type Sandbox, until } from "../harness/sandbox.ts";

/**
 * dockerode as its users run it: without a version in the path, so that it gets the newest answers; and pinned to old versions, as
 * libraries on top of it do.
 */
let sandbox: Sandbox;
let engine: RunningEngine;

beforeAll(async () => {
  sandbox = await openSandbox("dockerode");
  engine = await startBerth(sandbox);
}, 60_000);
afterAll(async () => {
  await engine?.stop();
  await sandbox?.close();
}, 30_000);

/** What arrived on a stream so far. */
function textOf(stream: Readable): () => string {
  let text = "";
  stream.on("data", (bytes: Buffer) => {
    text += bytes.toString();
  });
  return () => text;
}

/** Waits until the server has ended a stream. */
async function ended(stream: Readable, what: string): Promise<void> {
  await until(() => stream.readableEnded || stream.destroyed, 20_000, `${what}: no end`);
}

/** Takes a framed stream apart. */
function demux(docker: Docker, stream: Readable): { readonly stdout: () => string; readonly stderr: () => string } {
  const [out, err] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, out, err);
  return { stdout: textOf(out), stderr: textOf(err) };
}

for (const version of [undefined, "v1.24", "v1.41", "v1.51"]) {
  test(`a life from load to remove, ${version ?? "without a version"}`, async () => {
    const docker = new Docker({ socketPath: engine.socket, ...(version === undefined ? {} : { version }) });
    expect((await docker.ping()).toString()).toBe("OK");
    expect((await docker.info()).OSType).toBe("linux");
    expect(await docker.version()).toMatchObject({ ApiVersion: "1.51", MinAPIVersion: "1.24" });

    const progress = await docker.loadImage(Readable.from([buildBusyboxImage("sdk:1").archive]));
    const messages = await new Promise<{ stream?: string }[]>((resolve, reject) => {
      docker.modem.followProgress(progress, (error, all) => (error === null ? resolve(all) : reject(error)));
    });
    expect(messages.map(({ stream }) => stream)).toContain("Loaded image: sdk:1\n");
    expect((await docker.listImages()).flatMap(({ RepoTags }) => RepoTags)).toContain("sdk:1");
    await docker.getImage("sdk:1").tag({ repo: "sdk", tag: "2" });
    expect(await docker.getImage("sdk:2").history()).toHaveLength(1);
    expect(await docker.getImage("sdk:2").remove()).toEqual([{ Untagged: "sdk:2" }]);
    expect((await docker.listNetworks({ filters: { driver: ["bridge"] } })).map(({ Name }) => Name)).toEqual(["bridge"]);

    const name = `life-${version ?? "none"}`;
    const events = await docker.getEvents({ filters: { container: [name] } });
    const told = textOf(events);
    const script = "read line; echo out-$line; echo err-$line >&2; exec sleep 1000";
    const container = await docker.createContainer({
      name,
      Image: "sdk:1",
      Cmd: ["sh", "-c", script],
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Labels: { made: "by-sdk" },
    });
    const attached = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true });
    const { stdout, stderr } = demux(docker, attached);
    await container.start();
    attached.write("hello\n");
    await until(() => stdout() === "out-hello\n" && stderr() === "err-hello\n", 10_000, "attach brought nothing");
    expect(await container.inspect()).toMatchObject({ Name: `/${name}`, State: { Status: "running" } });
    expect((await docker.listContainers({ filters: { label: ["made=by-sdk"], name: [name] } })).map(({ Id }) => Id)).toEqual([
      container.id,
    ]);
    expect((await container.top()).Processes).toHaveLength(1);

    const following = await container.logs({ follow: true, stdout: true, stderr: true });
    const followed = demux(docker, following);
    await until(() => followed.stdout() === "out-hello\n" && followed.stderr() === "err-hello\n", 10_000, "logs brought nothing");

    const exec = await container.exec({
      Cmd: ["sh", "-c", "cat; echo done >&2; exit 7"],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const running = await exec.start({ hijack: true, stdin: true });
    const execOutput = demux(docker, running);
    running.write("through\n");
    running.end();
    await ended(running, "exec");
    expect([execOutput.stdout(), execOutput.stderr()]).toEqual(["through\n", "done\n"]);
    expect(await exec.inspect()).toMatchObject({ Running: false, ExitCode: 7, ProcessConfig: { entrypoint: "sh" } });

    await container.pause();
    await container.unpause();
    await container.rename({ name: `${name}-2` });
    const waiting = container.wait();
    await container.stop({ t: 0 });
    expect((await waiting).StatusCode).toBe(137);
    await ended(following, "logs");
    expect((await container.inspect()).State).toMatchObject({ Status: "exited", ExitCode: 137 });
    expect((await container.logs({ stdout: true, stderr: false, tail: 1 })).toString()).toContain("out-hello\n");
    await container.remove({ v: true });
    const gone: unknown = await container.inspect().catch((error: unknown) => error);
    expect(gone).toMatchObject({ statusCode: 404, json: { message: `No such container: ${container.id}` } });

    await until(() => told().includes('"destroy"'), 10_000, "the events did not come");
    const actions = told()
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { Action: string }).Action);
    for (const action of ["create", "attach", "start", "exec_die", "pause", "unpause", "rename", "die", "destroy"])
      expect(actions).toContain(action);
    (events as Readable & { destroy(): void }).destroy();
  }, 60_000);
}

test("run, with and without a terminal", async () => {
  const docker = new Docker({ socketPath: engine.socket });
  for (const terminal of [false, true]) {
    const out = new PassThrough();
    const written = textOf(out);
    const [result, container] = await docker.run("sdk:1", ["sh", "-c", "echo hi; exit 3"], out, { Tty: terminal });
    expect(result.StatusCode).toBe(3);
    // dockerode waits for the container, not for the end of its output.
    await until(() => written().replace("\r\n", "\n").endsWith("hi\n"), 10_000, "run brought no output");
    await container.remove();
  }
}, 30_000);

test("what the daemon refuses comes with its status, reason and message", async () => {
  const docker = new Docker({ socketPath: engine.socket });
  const refusals = await Promise.all([
    docker.createContainer({ Image: "nothing:1" }).catch((error: unknown) => error),
    docker.createContainer({ Image: "sdk:1", name: "!" }).catch((error: unknown) => error),
    docker
      .getContainer("nothing")
      .start()
      .catch((error: unknown) => error),
  ]);
  expect(refusals).toMatchObject([
    { statusCode: 404, json: { message: "No such image: nothing:1" } },
    { statusCode: 400, reason: "bad parameter" },
    { statusCode: 404, reason: "no such container" },
  ]);
});
