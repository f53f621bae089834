import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { EngineApi } from "./engine-api.ts";
import { until, type Sandbox, type SandboxProcess } from "./sandbox.ts";

/** An engine that runs in a sandbox. */
export interface RunningEngine {
  readonly kind: "berth" | "docker" | "podman";
  readonly api: EngineApi;
  readonly socket: string;
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly process: SandboxProcess;
  /** The daemon's log so far. */
  log(): string;
  /** SIGTERM and its end. */
  stop(): Promise<void>;
}

/** Where Debian's dockerd is, null when it is not installed. */
export function dockerdPath(): string | null {
  return ["/usr/sbin/dockerd", "/usr/bin/dockerd"].find((file) => existsSync(file)) ?? null;
}

/** The stock docker CLI; of several, Debian's. */
export function dockerCliPath(): string | null {
  return ["/usr/bin/docker", "/usr/local/bin/docker"].find((file) => existsSync(file)) ?? null;
}

/** The command that runs `berth`: the built executable, or the one that `BERTH_EXECUTABLE` names. */
export function berthCommand(): string {
  const built = process.env["BERTH_EXECUTABLE"] ?? path.resolve(import.meta.dir, "../../dist/berth");
  if (!existsSync(built)) throw new Error("dist/berth is missing: run `make build` first");
  return built;
}

export interface EngineOptions {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Name of its folder below the sandbox's; default `docker` or `berth`. */
  readonly name?: string;
}

/** Starts a private real dockerd. Its version decides what the comparison is made with: 20.10, API 1.41. */
export async function startDocker(sandbox: Sandbox, options: EngineOptions = {}): Promise<RunningEngine> {
  const program = dockerdPath();
  if (program === null) throw new Error("dockerd is not installed (make test PEERS=1 installs it)");
  const folder = path.join(sandbox.folder, options.name ?? "docker");
  const socket = `${folder}/engine.sock`;
  const command = [
    program,
    "--data-root",
    `${folder}/data`,
    "--exec-root",
    `${folder}/exec`,
    "--pidfile",
    `${folder}/pid`,
    "-H",
    `unix://${socket}`,
    "--cgroup-parent",
    sandbox.cgroupParent,
    ...(options.flags ?? []),
  ];
  return startEngine(sandbox, { kind: "docker", folder, socket, command, env: options.env ?? {} });
}

/** Starts a Berth daemon. A second start with the same name is a restart on the same data. */
export async function startBerth(sandbox: Sandbox, options: EngineOptions = {}): Promise<RunningEngine> {
  const folder = path.join(sandbox.folder, options.name ?? "berth");
  const socket = `${folder}/engine.sock`;
  const command = [
    berthCommand(),
    "daemon",
    "--data-root",
    `${folder}/data`,
    "--exec-root",
    `${folder}/exec`,
    "--pidfile",
    `${folder}/pid`,
    "-H",
    `unix://${socket}`,
    "--cgroup-parent",
    sandbox.cgroupParent,
    ...(options.flags ?? []),
  ];
  return startEngine(sandbox, { kind: "berth", folder, socket, command, env: options.env ?? {} });
}

/** Starts a daemon and waits until it answers. Its log, and its folder's name, follow from `folder`. */
export async function startEngine(
  sandbox: Sandbox,
  options: {
    readonly kind: RunningEngine["kind"];
    readonly folder: string;
    readonly socket: string;
    readonly command: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<RunningEngine> {
  await sandbox.run(["mkdir", "-p", options.folder]);
  const child = sandbox.start(path.basename(options.folder), options.command, options.env);
  const api = new EngineApi(options.socket);
  const log = (): string => (existsSync(child.logFile) ? readFileSync(child.logFile, "utf8") : "");
  let ended = false;
  void child.exited.then(() => {
    ended = true;
  });
  await until(
    async () => {
      if (ended) throw new Error(`${options.kind} ended at its start:\n${log().slice(-4000)}`);
      if (!existsSync(options.socket)) return false;
      return api.get("/_ping").then(
        (answer) => answer.status === 200,
        () => false,
      );
    },
    60_000,
    `${options.kind} did not answer:\n${log().slice(-4000)}`,
  );
  return {
    kind: options.kind,
    api,
    socket: options.socket,
    dataRoot: `${options.folder}/data`,
    execRoot: `${options.folder}/exec`,
    process: child,
    log,
    stop: async () => {
      if (ended) return;
      child.signal("SIGTERM");
      await child.exited;
    },
  };
}

/** Loads a docker-archive; throws with the engine's words when it is refused. */
export async function loadImage(engine: RunningEngine, archive: Uint8Array): Promise<void> {
  const answer = await engine.api.request("/images/load", {
    method: "POST",
    raw: archive,
    headers: { "Content-Type": "application/x-tar" },
  });
  if (answer.status !== 200 || answer.text.includes("errorDetail")) throw new Error(`load: ${answer.status} ${answer.text}`);
}
