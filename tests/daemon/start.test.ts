import { existsSync, lstatSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, test } from "bun:test";
import { berthCommand, startBerth, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, until, type RunResult, type Sandbox } from "../harness/sandbox.ts";
import { exec, inspect, killDaemon, loadBusybox, runContainer } from "./kit.ts";

interface Info {
  readonly DefaultRuntime: string;
  readonly Runtimes: Readonly<Record<string, unknown>>;
  readonly Warnings: string[] | null;
}

/** A daemon that is expected to refuse its start. */
function startAgain(sandbox: Sandbox, engine: RunningEngine, change: Readonly<Record<string, string>>): Promise<RunResult> {
  const options: Readonly<Record<string, string>> = {
    "data-root": `${sandbox.folder}/other/data`,
    "exec-root": `${sandbox.folder}/other/exec`,
    pidfile: `${sandbox.folder}/other/pid`,
    host: `unix://${sandbox.folder}/other.sock`,
    bridge: "none",
    ...change,
  };
  expect(engine.socket).not.toBe(options["host"]);
  return sandbox.run([berthCommand(), "daemon", ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])], {
    timeoutMs: 20_000,
  });
}

describe("one daemon for one place", () => {
  test("a second daemon on the same data root, exec root, pid file or socket is refused, and the first goes on", async () => {
    await using sandbox = await openSandbox("second");
    const engine = await startBerth(sandbox);
    await loadBusybox(engine);
    await runContainer(engine.api, { name: "stays", command: ["sleep", "600"] });
    const pid = readFileSync(`${sandbox.folder}/berth/pid`, "utf8");
    const said = {
      "data-root": await startAgain(sandbox, engine, { "data-root": engine.dataRoot }),
      "exec-root": await startAgain(sandbox, engine, { "exec-root": engine.execRoot }),
      pidfile: await startAgain(sandbox, engine, { pidfile: `${sandbox.folder}/berth/pid` }),
      host: await startAgain(sandbox, engine, { host: `unix://${engine.socket}` }),
    };
    for (const result of Object.values(said)) {
      expect(result.code).toBe(1);
      expect(result.stderr).toContain("failed to start daemon: ");
    }
    expect(said["data-root"].stderr).toContain(`the data root ${engine.dataRoot} is in use by the daemon with process id ${pid}`);
    expect(said["exec-root"].stderr).toContain(`the exec root ${engine.execRoot} is in use by the daemon with process id ${pid}`);
    expect(said.pidfile.stderr).toContain(`process with PID ${pid} is still running`);
    expect(said.host.stderr).toContain(engine.socket);
    expect((await inspect(engine.api, "stays")).State.Status).toBe("running");
    expect(await exec(engine.api, "stays", ["echo", "in"])).toBe("in\n");
    expect(readFileSync(`${sandbox.folder}/berth/pid`, "utf8")).toBe(pid);
    await engine.stop();
  });

  test("what a killed daemon left is no obstacle: lock, pid file, socket", async () => {
    await using sandbox = await openSandbox("stale");
    const engine = await startBerth(sandbox);
    await killDaemon(engine);
    for (const file of [engine.socket, `${sandbox.folder}/berth/pid`, `${engine.dataRoot}/lock`]) expect(existsSync(file)).toBe(true);
    // The id in the files may be anybody's by now.
    writeFileSync(`${sandbox.folder}/berth/pid`, "1");
    writeFileSync(`${engine.dataRoot}/lock`, "1\n");
    const next = await startBerth(sandbox);
    expect((await next.api.get("/_ping")).text).toBe("OK");
    await next.stop();
    expect(existsSync(next.socket)).toBe(false);
    expect(existsSync(`${sandbox.folder}/berth/pid`)).toBe(false);
  });

  test("a file that is no socket is not replaced", async () => {
    await using sandbox = await openSandbox("file");
    const engine = await startBerth(sandbox);
    writeFileSync(`${sandbox.folder}/precious`, "content");
    const { code, stderr } = await startAgain(sandbox, engine, { host: `unix://${sandbox.folder}/precious` });
    expect(code).toBe(1);
    expect(stderr).toContain(`${sandbox.folder}/precious`);
    expect(readFileSync(`${sandbox.folder}/precious`, "utf8")).toBe("content");
    await engine.stop();
  });
});

describe("what the daemon shows of itself", () => {
  test("socket 0660 with its group, folders for nobody else, pid file", async () => {
    await using sandbox = await openSandbox("modes");
    const engine = await startBerth(sandbox, { flags: ["--group", "staff"] });
    const socket = lstatSync(engine.socket);
    expect(socket.isSocket()).toBe(true);
    expect(socket.mode & 0o777).toBe(0o660);
    expect(socket.uid).toBe(0);
    const staff = /^staff:[^:]*:(\d+):/m.exec(readFileSync("/etc/group", "utf8"))?.[1];
    expect(String(socket.gid)).toBe(String(staff));
    expect(statSync(engine.dataRoot).mode & 0o777).toBe(0o710);
    expect(statSync(engine.execRoot).mode & 0o777).toBe(0o711);
    expect(statSync(`${engine.dataRoot}/berth.db`).mode & 0o077).toBe(0);
    const pidFile = `${sandbox.folder}/berth/pid`;
    expect(statSync(pidFile).mode & 0o777).toBe(0o644);
    // The daemon's own view of its id: it lives in the sandbox's pid namespace.
    expect(readFileSync(`/proc/${engine.process.pid}/status`, "utf8")).toMatch(
      new RegExp(`^NSpid:\\s.*\\b${readFileSync(pidFile, "utf8")}$`, "m"),
    );
    await engine.stop();
  });

  test("the service manager hears READY when the API answers, and STOPPING", async () => {
    await using sandbox = await openSandbox("notify");
    const path = `${sandbox.folder}/notify`;
    const receiver = `$s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]);
      while (1) { $s->recv($t, 100); open F, ">>", "$ARGV[0].log"; print F "$t\\n"; close F; last if $t =~ /STOPPING/ }`;
    const listening = sandbox.start("receiver", ["perl", "-MIO::Socket::UNIX", "-e", receiver, path]);
    await until(() => existsSync(path), 10_000, "the receiver does not listen");
    const engine = await startBerth(sandbox, { env: { NOTIFY_SOCKET: path } });
    const heard = (): string => (existsSync(`${path}.log`) ? readFileSync(`${path}.log`, "utf8") : "");
    await until(() => heard() !== "", 5000, "nothing was told");
    expect(heard()).toBe("READY=1\n");
    await engine.stop();
    await listening.exited;
    expect(heard()).toBe("READY=1\nSTOPPING=1\n");
  });

  test("an address that is taken is told, and what was opened before is closed again", async () => {
    await using sandbox = await openSandbox("taken");
    const engine = await startBerth(sandbox, { flags: ["-H", "tcp://127.0.0.1:2399"] });
    const { code, stderr } = await startAgain(sandbox, engine, { host: "tcp://127.0.0.1:2399" });
    expect(code).toBe(1);
    expect(stderr).toContain("127.0.0.1:2399");
    for (const left of ["other/pid", "other.sock"]) expect(existsSync(`${sandbox.folder}/${left}`)).toBe(false);
    await engine.stop();
  });

  test("a socket that somebody else serves is not taken away", async () => {
    await using sandbox = await openSandbox("foreign");
    const engine = await startBerth(sandbox);
    const path = `${sandbox.folder}/foreign.sock`;
    // The daemon only looks whether somebody answers and leaves: writing to it may then fail.
    const server = createServer((socket) => socket.on("error", () => undefined).end("foreign"));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const { code, stderr } = await startAgain(sandbox, engine, { host: `unix://${path}` });
    expect(code).toBe(1);
    expect(stderr).toContain(path);
    expect(lstatSync(path).isSocket()).toBe(true);
    await new Promise((resolve) => server.close(resolve));
    await engine.stop();
  });
});

describe("programs that containers need", () => {
  /** Hides a program inside the sandbox: what stands there cannot be executed. */
  async function hide(sandbox: Sandbox, name: string): Promise<void> {
    const script = `for folder in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
      [ ! -e $folder/${name} ] || mount --bind ${sandbox.folder}/nothing $folder/${name}; done`;
    writeFileSync(`${sandbox.folder}/nothing`, "", { mode: 0o644 });
    expect((await sandbox.run(["sh", "-c", script])).code).toBe(0);
  }

  test("without crun, runc takes its place and info says so; without both the daemon says what to install", async () => {
    await using sandbox = await openSandbox("nocrun");
    const first = await startBerth(sandbox);
    await loadBusybox(first);
    const usual = (await first.api.get("/info")).json<Info>();
    await runContainer(first.api, { name: "older", command: ["sh", "-c", "trap 'exit 6' TERM; while true; do sleep 0.05; done"] });
    await first.stop();

    await hide(sandbox, "crun");
    const second = await startBerth(sandbox);
    const info = (await second.api.get("/info")).json<Info>();
    expect(info.DefaultRuntime).toBe("runc");
    expect(Object.keys(info.Runtimes)).not.toContain("crun");
    expect(Object.keys(usual.Runtimes)).toContain(usual.DefaultRuntime);
    if (usual.DefaultRuntime === "crun")
      expect((info.Warnings ?? []).join("\n")).toContain("crun is not installed; containers are run by runc");
    expect(second.log()).toContain("crun is not installed");
    await runContainer(second.api, { name: "newer", command: ["sleep", "600"] });
    expect(await exec(second.api, "newer", ["echo", "by runc"])).toBe("by runc\n");
    expect((await second.api.get("/containers/newer/json")).text).toContain('"Runtime":"runc"');
    // What crun started goes on, and can be stopped and removed.
    expect((await second.api.post("/containers/older/stop?t=5")).status).toBe(204);
    expect((await inspect(second.api, "older")).State).toMatchObject({ Status: "exited", ExitCode: 6 });
    for (const name of ["older", "newer"]) expect((await second.api.delete(`/containers/${name}?force=1`)).status).toBe(204);
    await second.stop();

    await hide(sandbox, "runc");
    const neither = await startAgain(sandbox, second, { "data-root": second.dataRoot });
    expect(neither.code).toBe(1);
    expect(neither.stderr).toContain("neither crun nor runc was found, and containers need one of them: install crun");

    await hide(sandbox, "conmon");
    const none = await startAgain(sandbox, second, { "data-root": second.dataRoot });
    expect(none.code).toBe(1);
    expect(none.stderr).toContain("conmon was not found, and containers need it: install it (Debian: apt-get install conmon)");
  });
});
