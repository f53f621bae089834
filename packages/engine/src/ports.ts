import type { OutputChunk, StreamSession } from "@berth/runtime";
import type { CommitRequest, ContainerFiles, PathStat } from "./files/ports.ts";
import type {
  CheckpointSummary,
  ContainerChangeAnswer,
  ContainerChangeRequest,
  ContainerCreateRequest,
  ContainerInspect,
  ContainerSummary,
  ContainerUpdateRequest,
  EventMessage,
  ExecCreateRequest,
  ExecInspect,
  ExecKillAnswer,
  ExecSummary,
  Filters,
  NetworkCreateRequest,
  StatsFrame,
  Volume,
  VolumeCreateRequest,
} from "@berth/spec";

export type { OutputChunk, StreamSession };
export type { CommitRequest, ContainerFiles, PathStat };

/** What an attach or exec start gives its door. `detached` resolves when the detach keys were typed. */
export interface AttachSession extends StreamSession {
  /** Waits until the session is over: `ended` the streams ended, `detached` by keys. */
  readonly over: Promise<"ended" | "detached">;
}

/** One log line. */
export interface LogEntry {
  readonly stream: "stdout" | "stderr";
  readonly timeNs: bigint;
  /** With its newline unless the line was cut (partial). */
  readonly bytes: Uint8Array;
}

export interface LogOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly follow: boolean;
  readonly sinceNs: bigint | null;
  readonly untilNs: bigint | null;
  /** null is all. */
  readonly tail: number | null;
  readonly signal: AbortSignal;
}

export type WaitCondition = "not-running" | "next-exit" | "removed";

export interface WaitResult {
  readonly StatusCode: number;
  readonly Error: { readonly Message: string } | null;
}

/** All that doors can do with containers. `reference` is a full id, a name or a unique id prefix. Errors carry Docker's words. */
export interface Containers {
  create(options: {
    readonly name: string | null;
    readonly platform: string | null;
    readonly request: ContainerCreateRequest;
    readonly apiVersion: string;
  }): Promise<{ readonly id: string; readonly warnings: readonly string[] }>;
  list(options: {
    readonly all: boolean;
    readonly limit: number;
    readonly size: boolean;
    readonly filters: Filters;
  }): Promise<ContainerSummary[]>;
  inspect(reference: string, options: { readonly size: boolean }): Promise<ContainerInspect>;
  /** From its beginning, or from where a checkpoint kept it. Throws not-modified when it runs already. */
  start(reference: string, options?: { readonly checkpoint: string | null }): Promise<void>;
  /** `timeoutS` null: the container's own; below 0: for ever. Throws not-modified when it is stopped. */
  stop(reference: string, options: { readonly timeoutS: number | null; readonly signal: string | null }): Promise<void>;
  restart(reference: string, options: { readonly timeoutS: number | null; readonly signal: string | null }): Promise<void>;
  /** `signal`: name with or without SIG, or number; empty is SIGKILL. */
  kill(reference: string, signal: string): Promise<void>;
  pause(reference: string): Promise<void>;
  unpause(reference: string): Promise<void>;
  rename(reference: string, name: string): Promise<void>;
  /** Changes limits and restart policy, of a running container at once. */
  update(reference: string, request: ContainerUpdateRequest): Promise<{ readonly warnings: readonly string[] }>;
  /** Changes what create fixed; stops and starts a running one for it when it has to, or only says so. Throws what hinders it. */
  change(
    reference: string,
    options: { readonly request: ContainerChangeRequest; readonly dryRun: boolean },
  ): Promise<ContainerChangeAnswer>;
  remove(reference: string, options: { readonly force: boolean; readonly volumes: boolean; readonly link: boolean }): Promise<void>;
  /**
   * Removes what does not run, was made before `untilNs` and fits the filters `label` and `label!`; until the signal aborts.
   * Throws conflict while another prune goes on.
   */
  prune(options: {
    readonly filters: Filters;
    readonly untilNs: bigint | null;
    readonly signal: AbortSignal;
  }): Promise<{ readonly removed: readonly string[]; readonly reclaimedBytes: number }>;
  /** Registers the wait before it returns; headers can be flushed then. */
  wait(reference: string, condition: WaitCondition): { readonly result: Promise<WaitResult>; readonly cancel: () => void };
  /** Legal on a created container; then it is registered before the start. */
  attach(
    reference: string,
    options: {
      readonly stdin: boolean;
      readonly stdout: boolean;
      readonly stderr: boolean;
      readonly stream: boolean;
      readonly logs: boolean;
      readonly detachKeys: string | null;
    },
  ): Promise<AttachSession>;
  /** `tty` decides whether the door frames the entries; they come as many at once as are there. */
  logs(
    reference: string,
    options: LogOptions,
  ): Promise<{
    readonly tty: boolean;
    readonly entries: AsyncIterable<readonly LogEntry[]>;
    readonly labels: Readonly<Record<string, string>>;
  }>;
  top(reference: string, psArgs: string): Promise<{ readonly Titles: string[]; readonly Processes: string[][] }>;
  resize(reference: string, rows: number, columns: number): Promise<void>;
  /** What it uses now, zeros when it does not run; with `oneShot` not compared with an earlier look. */
  stats(reference: string, options: { readonly oneShot: boolean }): Promise<StatsFrame>;
  /** The same each second until the container is removed or the signal aborts. Throws not-found at once. */
  watchStats(reference: string, signal: AbortSignal): AsyncIterable<StatsFrame>;
}

/** What running containers were, kept on disk with them. `folder` is one of the caller's choice, which is refused; empty: the usual one. */
export interface Checkpoints {
  /** The container ends with it, or runs on. Throws what hinders it, also criu's own reason; then it runs on. */
  create(reference: string, options: { readonly checkpoint: string; readonly folder: string; readonly exit: boolean }): Promise<void>;
  list(reference: string, options: { readonly folder: string }): Promise<CheckpointSummary[]>;
  remove(reference: string, options: { readonly checkpoint: string; readonly folder: string }): Promise<void>;
}

export interface Execs {
  create(reference: string, request: ExecCreateRequest): Promise<string>;
  /** null when detached. Throws before the stream is taken over; a program that is not found is written into the stream. */
  start(
    id: string,
    options: { readonly detach: boolean; readonly tty: boolean; readonly consoleSize: readonly [number, number] | null },
  ): Promise<AttachSession | null>;
  resize(id: string, rows: number, columns: number): Promise<void>;
  inspect(id: string): ExecInspect;
  /** Execs of one container or of all, the newest first; without `all` only those that run. Throws not-found. */
  list(options: { readonly container: string | null; readonly all: boolean }): ExecSummary[];
  /** A signal, KILL when it is empty, to all processes of an exec, or of all execs that run in a container. Throws conflict when there are none. */
  kill(reference: string, signal: string): Promise<ExecKillAnswer>;
}

/** Past and coming events. */
export interface Events {
  /** Times in nanoseconds; `untilNs` in the past ends the stream after the past ones. */
  subscribe(options: {
    readonly sinceNs: bigint | null;
    readonly untilNs: bigint | null;
    readonly filters: Filters;
    readonly signal: AbortSignal;
  }): AsyncIterable<EventMessage>;
}

/** Local volumes by name. Errors carry Docker's words. */
export interface VolumeService {
  list(filters: Filters): Volume[];
  /** One of that name that is there already is the answer. */
  create(request: VolumeCreateRequest): Promise<Volume>;
  inspect(name: string): Volume;
  /** Throws conflict while a container has it; with `force` a missing one is no error. */
  remove(name: string, options: { readonly force: boolean }): Promise<void>;
}

/** What changes networks; the network room itself shows them. Errors carry Docker's words. */
export interface NetworkService {
  create(request: NetworkCreateRequest): Promise<{ readonly id: string }>;
  /** By name, id or id prefix. */
  remove(reference: string): Promise<void>;
}

/** What the doors see of a running daemon. */
export interface Engine {
  readonly containers: Containers;
  readonly execs: Execs;
  readonly checkpoints: Checkpoints;
  readonly files: ContainerFiles;
  readonly events: Events;
  readonly volumes: VolumeService;
  readonly networks: NetworkService;
  /** GET /info, newest form. */
  info(): Promise<Record<string, unknown>>;
  /** GET /version without ApiVersion and MinAPIVersion, which the door knows. */
  version(): Promise<Record<string, unknown>>;
}
