import type { Core } from "../../core.ts";
import type { VolumeRecord } from "../../mounts/volumes.store.ts";
import { volumeUsers } from "../../volumes/users.ts";
import type { MountRecord } from "../record.ts";
import { rfc3339 } from "../time.ts";

/**
 * Makes the volumes that mounts need and that are not there: their folders first, their rows by `use` in its transaction. After a
 * failure, or a crash before the rows, nothing of them is left.
 */
export async function withVolumes<T>(
  core: Core,
  mounts: readonly MountRecord[],
  use: (volumes: readonly VolumeRecord[]) => Promise<T>,
): Promise<T> {
  const volumes = new Map<string, VolumeRecord>();
  for (const { type, name, anonymous } of mounts) {
    if (type !== "volume" || core.volumes.has(name)) continue;
    volumes.set(name, { name, createdAt: rfc3339(core.clock.nowNs()), anonymous, labels: {}, options: {} });
  }
  const made = [...volumes.values()];
  try {
    for (const { name } of made) await core.volumes.makeFolder(name);
    const result = await use(made);
    for (const volume of made) core.volumes.announce(volume);
    return result;
  } catch (error) {
    for (const { name } of made) await core.volumes.dropFolder(name).catch(() => undefined);
    throw error;
  }
}

/** Writes their rows; in the transaction that gives a container the mounts. Throws conflict for one that is being removed. */
export function recordVolumes(core: Core, mounts: readonly MountRecord[], volumes: readonly VolumeRecord[]): void {
  for (const mount of mounts) if (mount.type === "volume") core.volumes.refuseRemoving(mount.name);
  for (const volume of volumes) core.volumes.record(volume);
}

/** Removes volumes that a change made and did not keep; one that somebody else uses by now stays. */
export async function dropVolumes(core: Core, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const users = (): string[] => volumeUsers(core, name);
    try {
      if (users().length === 0) await core.volumes.remove(name, users);
    } catch (error) {
      core.log.warn("a volume that a change had made was not removed", { name, error });
    }
  }
}
