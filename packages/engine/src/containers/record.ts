import type { ChangeInProgress } from "./change/progress.ts";
import type { Intent } from "./intent.ts";
import type { HealthState } from "../health/state.ts";
import type { ContainerConfig, EndpointSettings, HostConfig, NetworkSettings, PortMap } from "@berth/spec";

/** The process of a running container and its monitor, each with the start time that tells it from a recycled pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat, as a decimal string. */
  readonly pidStartTime: string;
  readonly monitorPid: number;
  readonly monitorPidStartTime: string;
  /** /proc/sys/kernel/random/boot_id at the start: under another one nothing of it can still run. */
  readonly bootId: string;
  /** Its cgroup below each controller's root. */
  readonly cgroup: string;
  /** When it was started, on the clock that nobody can set; rows of older daemons do not say. */
  readonly startedMonotonicMs?: number;
}

/** Where a container stands. What only one state has is only there. */
export type Life =
  | { readonly status: "created" }
  | { readonly status: "running"; readonly process: ProcessIdentity }
  | { readonly status: "paused"; readonly process: ProcessIdentity }
  /** Ended, and waits for its restart policy to start it again. */
  | { readonly status: "restarting" }
  | { readonly status: "removing" }
  | { readonly status: "exited" }
  | { readonly status: "dead" };

/** One thing that is mounted into the container. */
export interface MountRecord {
  readonly type: "bind" | "volume" | "tmpfs";
  /** Volume name; empty for binds and tmpfs. */
  readonly name: string;
  /** Host path; empty for tmpfs. */
  readonly source: string;
  readonly destination: string;
  readonly driver: string;
  /** As inspect shows it: `ro`, `z`, … */
  readonly mode: string;
  readonly rw: boolean;
  readonly propagation: string;
  /** Copy what the image has at the destination into an empty volume. */
  readonly copyUp: boolean;
  /** A volume nobody named: removed with the container when asked (`rm -v`, `--rm`). */
  readonly anonymous: boolean;
  /** Whether a missing bind source is made (only `-v`). */
  readonly createSource: boolean;
  /** mount(2) options of a tmpfs, and `norec`/`bind` choices of a bind. */
  readonly options: readonly string[];
}

/** Everything about one container; a change makes a new record. It is plain JSON, also on disk. */
export interface ContainerRecord {
  readonly id: string;
  /** Without a slash. */
  readonly name: string;
  readonly createdAt: string;
  readonly imageId: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly mounts: readonly MountRecord[];
  /** Endpoints as asked for at create; shown until the container has run. */
  readonly endpoints: Readonly<Record<string, EndpointSettings>>;
  /** What the network gave at the last start; null when it never ran. */
  readonly network: NetworkSettings | null;
  /** Published ports of the last start. */
  readonly ports: PortMap;
  readonly life: Life;
  readonly intent: Intent;
  readonly exitCode: number;
  readonly error: string;
  readonly oomKilled: boolean;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly restartCount: number;
  /** `stop` or `kill` ended it: restart policies leave it alone. */
  readonly stoppedByUser: boolean;
  /** The wait before the last planned start, in milliseconds; 0 when the next one is the first. */
  readonly backoffMs: number;
  /** Set while it is stopped and started anew with other settings; rows of older daemons lack it. */
  readonly change?: ChangeInProgress | null;
  /** A commit freezes it: it goes on when the commit has ended, or the daemon. Rows of older daemons lack it. */
  readonly heldByCommit?: boolean;
  /** null when it has no check, or was never started. */
  readonly health: HealthState | null;
  /** The first id on disk of the writable layer's files minus the id inside the container. */
  readonly idShift: number;
}

/** When a process was started, in milliseconds of the monotonic clock; else from the kernel, in hundredths of a second since boot. */
export function monotonicStartMs(process: ProcessIdentity): number {
  return process.startedMonotonicMs ?? Number(process.pidStartTime) * 10;
}

/** Whether a program of the container lives now. */
export function isRunning(record: ContainerRecord): boolean {
  return record.life.status === "running" || record.life.status === "paused";
}

/** The process of a running or paused container, else null. */
export function processOf(record: ContainerRecord): ProcessIdentity | null {
  return record.life.status === "running" || record.life.status === "paused" ? record.life.process : null;
}
