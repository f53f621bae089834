import { deferred, fail } from "@berth/base";
import type {
  CreateOptions,
  CreatedProcess,
  ExecProcess,
  ExecProcesses,
  ExecRequest,
  ExitRecord,
  OutputChunk,
  Runtime,
  StreamSession,
} from "@berth/runtime";
import { ChunkQueue } from "./chunk-queue.ts";

/** One pretended process of a container. */
interface FakeContainer {
  readonly options: CreateOptions;
  readonly pid: number;
  started: boolean;
  /** One per attachment: what the program says goes to all of them. */
  readonly sessions: FakeSession[];
}

/** The test's end of a stream session. */
export class FakeSession implements StreamSession {
  readonly tty: boolean;
  readonly input: Uint8Array[] = [];
  readonly #queue = new ChunkQueue();
  readonly output: AsyncIterable<OutputChunk> = this.#queue;
  inputClosed = false;
  closed = false;

  constructor(tty: boolean) {
    this.tty = tty;
  }

  /** What the program wrote. */
  say(text: string, stream: 1 | 2 = 1): void {
    this.#queue.push({ stream, bytes: Buffer.from(text) });
  }

  /** The program's streams end. */
  finish(): void {
    this.#queue.end();
  }

  /** All that was typed. */
  get typed(): string {
    return Buffer.concat(this.input).toString();
  }

  write(bytes: Uint8Array): Promise<void> {
    if (!this.closed) this.input.push(bytes.slice());
    return Promise.resolve();
  }

  closeInput(): void {
    this.inputClosed = true;
  }

  close(): void {
    this.closed = true;
    this.#queue.end();
  }
}

/** The test's end of an exec. */
export interface FakeExec {
  readonly request: ExecRequest;
  readonly session: FakeSession;
  readonly sizes: (readonly [number, number])[];
  /** Signals that were sent to its processes. */
  readonly signals: number[];
  alive: boolean;
  end(exitCode: number): void;
}

/** A runtime in memory. Its processes run until the test ends them or a signal does. It survives the engine's restart, as conmon does. */
export class FakeRuntime implements Runtime {
  readonly runtimes: Runtime["runtimes"] = {
    crun: { path: "/usr/bin/crun", version: "1.0" },
    runc: { path: "/usr/bin/runc", version: "1.0" },
  };
  readonly defaultRuntime = "crun";
  readonly warnings: readonly string[] = [];
  /** What was called, oldest first: `create`, `start`, … */
  readonly calls: string[] = [];
  readonly execs: FakeExec[] = [];
  /** What {@link lentShell} finds. */
  shellToLend: string | null = null;
  /** Thrown by the next create or exec. */
  failNext: Error | null = null;
  /** Signals that end a program; others are only noted. */
  deadly: ReadonlySet<number> = new Set([9, 15]);
  readonly #containers = new Map<string, FakeContainer>();
  readonly #exits = new Map<string, ExitRecord>();
  readonly #now: () => bigint;
  #listener: (exit: ExitRecord) => void = () => undefined;
  #nextPid = 100_000;

  constructor(now: () => bigint) {
    this.#now = now;
  }

  create(options: CreateOptions): Promise<CreatedProcess> {
    this.calls.push(options.restoreFrom === undefined ? "create" : "restore");
    const failure = this.failNext;
    this.failNext = null;
    if (failure !== null) return Promise.reject(failure);
    const pid = this.#nextPid++;
    this.#containers.set(options.id, { options, pid, started: options.restoreFrom !== undefined, sessions: [] });
    return Promise.resolve(identity(pid));
  }

  requireCheckpoints({ name, runtime }: { readonly name: string; readonly runtime: string }): Promise<void> {
    return runtime === "runc" ? Promise.resolve() : Promise.reject(fail("conflict", `container ${name} is run by ${runtime}`));
  }

  async checkpoint(id: string, { folder, leaveRunning }: { readonly folder: string; readonly leaveRunning: boolean }): Promise<void> {
    this.calls.push(`checkpoint ${leaveRunning ? "and leave" : "and end"}`);
    await Bun.write(`${folder}/pages`, "memory");
    const failure = this.failNext;
    this.failNext = null;
    if (failure !== null) throw failure;
    await Bun.write(`${folder}/whole`, "");
    if (!leaveRunning) this.end(id, 137);
  }

  isCheckpointWhole(_id: string, folder: string): Promise<boolean> {
    return Bun.file(`${folder}/whole`).exists();
  }

  find(id: string): CreatedProcess | null {
    const container = this.#containers.get(id);
    return container === undefined || this.#exits.has(id) ? null : identity(container.pid);
  }

  isStarted(id: string): boolean {
    return this.find(id) !== null && this.#need(id).started;
  }

  start(id: string): Promise<void> {
    this.calls.push("start");
    this.#need(id).started = true;
    return Promise.resolve();
  }

  attach(id: string, options: { readonly tty: boolean }): StreamSession {
    const session = new FakeSession(options.tty);
    const container = this.#need(id);
    container.sessions.push(session);
    this.calls.push(container.started ? "attach after start" : "attach before start");
    return session;
  }

  resize(_id: string, rows: number, columns: number): void {
    this.calls.push(`resize ${rows}x${columns}`);
  }

  reopenLogs(): void {
    this.calls.push("reopen");
  }

  exec(request: ExecRequest): Promise<ExecProcess> {
    const failure = this.failNext;
    this.failNext = null;
    if (failure !== null) return Promise.reject(failure);
    const exited = deferred<number>();
    const session = new FakeSession(request.process.terminal);
    const sizes: (readonly [number, number])[] = [];
    this.execs.push({
      request,
      session,
      sizes,
      signals: [],
      alive: true,
      end(code) {
        this.alive = false;
        session.finish();
        exited.resolve(code);
      },
    });
    const pid = this.#nextPid++;
    return Promise.resolve({
      pid,
      pidStartTime: BigInt(pid) * 10n,
      processes: this.#processesOf(request.execId, pid),
      session,
      exited: exited.promise,
      resize: (rows: number, columns: number) => void sizes.push([rows, columns]),
    });
  }

  lentShell(): string | null {
    return this.shellToLend;
  }

  findExec(options: Parameters<Runtime["findExec"]>[0]): ExecProcesses {
    return this.#processesOf(options.execId, options.program?.pid ?? 0);
  }

  #processesOf(execId: string, pid: number): ExecProcesses {
    const find = (): FakeExec | undefined => this.execs.find((exec) => exec.request.execId === execId && exec.alive);
    const signal = (number: number): number => {
      const exec = find();
      exec?.signals.push(number);
      if (this.deadly.has(number)) exec?.end(128 + number);
      return exec === undefined ? 0 : 1;
    };
    return {
      processes: () => (find() === undefined ? [] : [pid]),
      signal,
      kill: () => {
        signal(9);
        return Promise.resolve();
      },
    };
  }

  watchExits(onExit: (exit: ExitRecord) => void): void {
    this.#listener = onExit;
    for (const exit of this.#exits.values()) onExit(exit);
  }

  readExit(id: string): ExitRecord | null {
    return this.#exits.get(id) ?? null;
  }

  alive(pid: number): boolean {
    for (const [id, container] of this.#containers) if (container.pid === pid) return !this.#exits.has(id);
    return false;
  }

  delete(id: string): Promise<void> {
    this.calls.push("delete");
    for (const session of this.#containers.get(id)?.sessions ?? []) session.finish();
    this.#containers.delete(id);
    this.#exits.delete(id);
    return Promise.resolve();
  }

  known(): Promise<readonly string[]> {
    return Promise.resolve([...this.#containers.keys()]);
  }

  close(): Promise<void> {
    this.#listener = () => undefined;
    return Promise.resolve();
  }

  /** The sessions that the engine opened to a container, oldest first. */
  sessionsOf(id: string): readonly FakeSession[] {
    return this.#need(id).sessions;
  }

  /** What a container's program writes. */
  say(id: string, text: string, stream: 1 | 2 = 1): void {
    for (const session of this.#need(id).sessions) session.say(text, stream);
  }

  /** All that was typed into a container. */
  typedInto(id: string): string {
    return this.#need(id)
      .sessions.map((session) => session.typed)
      .join("");
  }

  /** What a container was created from. */
  optionsOf(id: string): CreateOptions {
    return this.#need(id).options;
  }

  /** Ends a container's program. */
  end(id: string, exitCode: number): void {
    const container = this.#need(id);
    const exit: ExitRecord = { id, exitCode, finishedAtNs: this.#now(), monitorLost: null };
    this.#exits.set(id, exit);
    for (const session of container.sessions) session.finish();
    this.#listener(exit);
  }

  /** A signal to a process; false when it does not live. */
  signal(pid: number, signal: number): boolean {
    if (!this.alive(pid)) return false;
    this.calls.push(`signal ${signal}`);
    for (const [id, container] of this.#containers) {
      if (container.pid === pid && this.deadly.has(signal)) this.end(id, 128 + signal);
    }
    return true;
  }

  #need(id: string): FakeContainer {
    const container = this.#containers.get(id);
    if (container === undefined) throw fail("not-found", `the runtime does not know ${id}`);
    return container;
  }
}

function identity(pid: number): CreatedProcess {
  return { pid, pidStartTime: BigInt(pid) * 10n, monitorPid: pid + 500_000, monitorPidStartTime: BigInt(pid) * 10n };
}
