import type { Core } from "../core.ts";

/** Ids of the containers that have a volume mounted or would mount it. */
export function volumeUsers(core: Core, name: string): string[] {
  return core.records
    .all()
    .filter((record) => record.mounts.some((mount) => mount.type === "volume" && mount.name === name))
    .map(({ id }) => id);
}
