import type { Clock, KeyedMutex, Logger, Steps } from "@berth/base";
import type { ImageStore } from "@berth/images";
import type { Blocking, Cgroups, Kernel } from "@berth/linux";
import type { Networks } from "@berth/network";
import type { Runtime } from "@berth/runtime";
import type { Security } from "@berth/security";
import type { Database } from "@berth/store";
import type { Dumps } from "./checkpoints/dumps.ts";
import type { AttachHubs } from "./attach/hubs.ts";
import { type ContainerRecord, processOf } from "./containers/record.ts";
import type { RestartTimers } from "./containers/restarts/timers.ts";
import type { ContainerRegistry } from "./containers/registry.ts";
import type { Waiters } from "./containers/waiters.ts";
import type { EventBus } from "./events/bus.ts";
import type { StartingExecs } from "./execs/starting.ts";
import type { ExecTable } from "./execs/table.ts";
import type { FilesPool } from "./files/pool.ts";
import type { ViewTable } from "./files/views.ts";
import type { HealthMonitors } from "./health/monitors.ts";
import type { LogForwarders } from "./logs/forward/forwarders.ts";
import type { LogRotation } from "./logs/rotation.ts";
import type { Volumes } from "./mounts/volumes.ts";
import type { OomWatch } from "./oom/watch.ts";
import type { StatsLoop } from "./stats/loop.ts";
import type { EngineSettings, HostSnapshot } from "./settings.ts";

/** What every verb of the room works with. Made once by `openEngine`. */
export interface Core {
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly database: Database;
  readonly kernel: Kernel;
  readonly blocking: Blocking;
  readonly cgroups: Cgroups;
  readonly images: ImageStore;
  readonly networks: Networks;
  readonly runtime: Runtime;
  readonly security: Security;
  readonly log: Logger;
  readonly steps: Steps;
  readonly clock: Clock;
  readonly settings: EngineSettings;
  readonly host: HostSnapshot;
  readonly records: ContainerRegistry;
  /** One lock per container id: every change of a container's state happens under it. */
  readonly locks: KeyedMutex;
  /** One after another, the changes of one container (`change.ts`); they hold its lock only in parts. */
  readonly changes: KeyedMutex;
  readonly bus: EventBus;
  readonly volumes: Volumes;
  readonly waiters: Waiters;
  readonly hubs: AttachHubs;
  readonly execs: ExecTable;
  readonly startingExecs: StartingExecs;
  readonly health: HealthMonitors;
  readonly restarts: RestartTimers;
  readonly rotation: LogRotation;
  readonly forwarders: LogForwarders;
  /** Work on files, in Workers. */
  readonly files: FilesPool;
  /** Who looks at which containers' files. */
  readonly views: ViewTable;
  readonly stats: StatsLoop;
  readonly oom: OomWatch;
  /** Ids that `restart` stops: `--rm` does not remove them. */
  readonly manualRestarts: Set<string>;
  /** Nouns that are being pruned: one prune of each at a time. */
  readonly prunes: Set<string>;
  /** Ids that are being removed by request. */
  readonly removals: Set<string>;
  /** Checkpoints that are being written. */
  readonly dumps: Dumps;
}

/** `<data-root>/containers/<id>`. */
export function containerFolder(core: Pick<Core, "dataRoot">, id: string): string {
  return `${core.dataRoot}/containers/${id}`;
}

/** The cgroup of a container below each controller's root: where it runs, or where it would be started now. */
export function cgroupPath(core: Pick<Core, "settings">, record: ContainerRecord): string {
  const { CgroupParent } = record.hostConfig;
  const parent = CgroupParent === "" ? core.settings.cgroupParent : CgroupParent;
  // The daemon's own parent may have been another one when the container was started.
  return processOf(record)?.cgroup ?? `${parent.startsWith("/") ? "" : "/"}${parent}/${record.id}`;
}
