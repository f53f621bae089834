import { type Core, containerFolder } from "../core.ts";
import type { ContainerRecord } from "../containers/record.ts";
import type { LayerPaths, PathChange } from "./messages.ts";
import { openView } from "./open-view.ts";

/** What every root file system gets from the engine before it runs; nobody's change as long as it is empty. */
const made = [
  "/.dockerenv",
  "/dev",
  "/dev/pts",
  "/dev/shm",
  "/dev/console",
  "/etc",
  "/etc/hosts",
  "/etc/hostname",
  "/etc/resolv.conf",
  "/proc",
  "/sys",
];

/** What a container changed of its image, by path. */
export async function containerChanges(core: Core, reference: string): Promise<readonly PathChange[]> {
  const { id } = core.records.lookup(reference);
  // Keeps the container's folder from being removed meanwhile.
  await using view = await openView(core, id, "layers");
  return await core.files.ask<PathChange[]>({ type: "changes", layers: layersOf(core, core.records.need(id)) }, view.signal);
}

/** The writable layer and the image's. */
export function layersOf(core: Core, record: ContainerRecord): LayerPaths {
  return {
    upper: `${containerFolder(core, record.id)}/files/upper`,
    lower: core.images.layerDirectories(record.imageId),
    idShift: record.idShift,
    made,
  };
}
