import type { RuntimeSpec } from "@berth/spec";

/** Where the parts of one container's bundle are. */
export interface BundlePaths {
  /** `<exec-root>/containers/<id>`: config.json, attach, ctl, pidfile. */
  readonly bundle: string;
  readonly logFile: string;
}

/** What happened when a container's process ended. */
export interface ExitRecord {
  readonly id: string;
  readonly exitCode: number;
  readonly finishedAtNs: bigint;
  /** The monitor died first: code 137 and this sentence; the kernel did not tell the real one. */
  readonly monitorLost: string | null;
}

/** A created container: its process waits at exec.fifo. */
export interface CreatedProcess {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat: tells a recycled pid from this one. */
  readonly pidStartTime: bigint;
  readonly monitorPid: number;
  readonly monitorPidStartTime: bigint;
}

/** A piece of output: 1 stdout (or the terminal), 2 stderr. */
export interface OutputChunk {
  readonly stream: 1 | 2;
  readonly bytes: Uint8Array;
}

/** An open line to a container's or an exec's streams. */
export interface StreamSession {
  readonly tty: boolean;
  /** Ends when the process's streams have ended or the session was closed. */
  readonly output: AsyncIterable<OutputChunk>;
  /** Resolves when the bytes were taken (back-pressure). After the end it does nothing. */
  write(bytes: Uint8Array): Promise<void>;
  /** End of stdin. */
  closeInput(): void;
  /** Leaves: the process goes on, its output is still drained and logged. */
  close(): void;
}

/** All processes of one exec: its program and whatever it started, also what outlives it. */
export interface ExecProcesses {
  /** Those that live now. */
  processes(): readonly number[];
  /** Sends a signal to each of them; how many there were. */
  signal(signal: number): number;
  /** SIGKILL until nobody is left. @throws timeout when a process does not go */
  kill(): Promise<void>;
}

export interface ExecProcess {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat; 0 when it had ended before anybody could look. */
  readonly pidStartTime: bigint;
  readonly processes: ExecProcesses;
  readonly session: StreamSession;
  readonly exited: Promise<number>;
  resize(rows: number, columns: number): void;
}

/** What `crun exec` is asked to run. */
export interface ExecRequest {
  readonly containerId: string;
  readonly execId: string;
  readonly process: RuntimeSpec["process"];
  readonly attachStdin: boolean;
  readonly attachOutput: boolean;
  readonly consoleSize: readonly [number, number] | null;
  /** Run by a shell of this machine's that is lent to the container (a path that {@link Runtime.lentShell} gave); args may be empty then. */
  readonly lentShell?: string;
}

/** What one container is created from. */
export interface CreateOptions {
  readonly id: string;
  /** One of {@link Runtime.runtimes}. */
  readonly runtime: string;
  readonly spec: RuntimeSpec;
  readonly paths: BundlePaths;
  readonly openStdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  readonly cgroupPath: string;
  /** conmon's own limit of the log, a backstop; 0 is none. */
  readonly logSizeMaxBytes: number;
  /** Folder of a checkpoint that the container goes on from; absent: its program begins. */
  readonly restoreFrom?: string;
}

/** Runs OCI bundles by conmon and an OCI runtime; one conmon per container, which outlives the daemon. */
export interface Runtime {
  /** Name → path and version of the runtimes that can be used, and which is the default and why. */
  readonly runtimes: Readonly<Record<string, { readonly path: string; readonly version: string }>>;
  readonly defaultRuntime: string;
  /** Warnings for `info`: fallback to runc, clamped limits, … */
  readonly warnings: readonly string[];
  /**
   * Writes config.json and lets conmon create the container; after a failure nothing is left of it. One that is restored
   * from a checkpoint runs when this returns, and needs no {@link start}.
   * @throws StartError with Docker's words (… executable file not found …) and the exit code that Docker records
   */
  create(options: CreateOptions): Promise<CreatedProcess>;
  /**
   * Sees whether a container of that runtime can have checkpoints; `name` is for the message.
   * @throws conflict when the runtime has none, unavailable when criu is not installed
   */
  requireCheckpoints(options: { readonly name: string; readonly runtime: string }): Promise<void>;
  /**
   * Writes the processes of a container into a folder that is there and empty; they end with it, or go on. After a failure they go on.
   * @throws internal with criu's reason
   */
  checkpoint(id: string, options: { readonly folder: string; readonly leaveRunning: boolean }): Promise<void>;
  /** Whether the checkpoint in a folder was made whole; waits for one that a killed daemon left under way. */
  isCheckpointWhole(id: string, folder: string): Promise<boolean>;
  /** Container and monitor of a bundle that is on disk, also one that a killed daemon left; null when one has ended. */
  find(id: string): CreatedProcess | null;
  /** Whether a container that {@link find} knows runs its program already, or still waits for {@link start}. */
  isStarted(id: string): boolean;
  /** Lets the created process run its program (exec.fifo). @throws conflict when it runs already or has ended */
  start(id: string): Promise<void>;
  /**
   * Connects to conmon's attach socket; what is written after the return is seen. One connection serves all clients of
   * a container, and is read whether they read or not: a client that falls 1 GiB behind is cut off with a last line.
   * `closeInput` ends the container's stdin only with StdinOnce and without a terminal.
   * @throws conflict when there is no such container
   */
  attach(id: string, options: { readonly tty: boolean }): StreamSession;
  resize(id: string, rows: number, columns: number): void;
  reopenLogs(id: string): void;
  exec(request: ExecRequest): Promise<ExecProcess>;
  /** A program that can be lent to containers without a shell; null when this machine has none. */
  lentShell(): string | null;
  /**
   * The processes of an exec that an earlier life of the daemon started; `program` is null when it died before it knew.
   * @throws conflict when there is no such container
   */
  findExec(options: {
    readonly containerId: string;
    readonly execId: string;
    readonly program: { readonly pid: number; readonly pidStartTime: bigint } | null;
  }): ExecProcesses;
  /** Calls back once for each container whose exit file appears; rescans on a timer. */
  watchExits(onExit: (exit: ExitRecord) => void): void;
  /** The exit record that is on disk, if any. */
  readExit(id: string): ExitRecord | null;
  /** Whether the process with that start time still lives. */
  alive(pid: number, pidStartTime: bigint): boolean;
  /** Kills what is left and removes the runtime's state, bundle and exit file; safe on anything half made. */
  delete(id: string): Promise<void>;
  /** Ids for which the exec root has anything (bundle, runtime state, exit file, running monitor). */
  known(): Promise<readonly string[]>;
  close(): Promise<void>;
}
