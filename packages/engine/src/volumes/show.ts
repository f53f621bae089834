import type { Volume } from "@berth/spec";
import type { Core } from "../core.ts";
import type { VolumeRecord } from "../mounts/volumes.store.ts";

/** A volume as the API shows it. */
export function showVolume(core: Core, volume: VolumeRecord): Volume {
  const labels = Object.keys(volume.labels).length === 0 && !volume.anonymous ? null : volume.labels;
  return {
    CreatedAt: `${volume.createdAt.slice(0, 19)}Z`,
    Driver: "local",
    Labels: labels,
    Mountpoint: `${core.volumes.root}/${volume.name}/_data`,
    Name: volume.name,
    Options: Object.keys(volume.options).length === 0 ? null : volume.options,
    Scope: "local",
  };
}
