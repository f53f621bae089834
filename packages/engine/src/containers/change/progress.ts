import { fail } from "@berth/base";
import type { ContainerConfig, HostConfig } from "@berth/spec";
import type { ContainerRecord, MountRecord } from "../record.ts";

/** What a change of a container may replace. */
export interface Settings {
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly mounts: readonly MountRecord[];
}

/**
 * A running container that is being made anew with other settings. In its row from before the stop until it runs again, so that
 * a daemon that starts again ends what was begun:
 * `stopping` the row has the old settings, which are started again;
 * `starting` it has the new ones, and the old ones are kept for the way back;
 * `trying` they were started, and its program must not fail right away;
 * `returning` it has the old ones again, because the new ones did not start.
 */
export interface ChangeInProgress {
  readonly phase: "stopping" | "starting" | "trying" | "returning";
  readonly previous: Settings | null;
  /** Volumes that were made for the new settings. */
  readonly newVolumes: readonly string[];
  /** Under another boot the container did not run any more, and is not started for the change's sake. */
  readonly bootId: string;
}

/** The settings that a container has now. */
export function settingsOf(record: ContainerRecord): Settings {
  const { config, hostConfig, mounts } = record;
  return { config, hostConfig, mounts };
}

/** Throws conflict while a container is being made anew. */
export function refuseChanging(record: ContainerRecord): void {
  if (isChanging(record)) throw fail("conflict", `container ${record.id} is being changed, wait until it runs again`);
}

/** Whether a container is being made anew. */
export function isChanging(record: ContainerRecord): boolean {
  return (record.change ?? null) !== null;
}
