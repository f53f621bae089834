import { mkdir, rename, writeFile } from "node:fs/promises";
import { untilAllEnded } from "@berth/base";
import { type Core, containerFolder } from "../core.ts";
import type { ContainerRecord } from "./record.ts";

/** Makes a container's folder: `log`, the writable layer's `files/upper` and `files/work`, and the mount point `rootfs`. After a failure nothing is still being made. */
export async function makeContainerFolder(core: Pick<Core, "dataRoot">, record: ContainerRecord): Promise<void> {
  const folder = containerFolder(core, record.id);
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const files = async (): Promise<void> => {
    await mkdir(`${folder}/files`, { mode: 0o711 });
    await untilAllEnded([mkdir(`${folder}/files/upper`, { mode: 0o755 }), mkdir(`${folder}/files/work`, { mode: 0o700 })]);
  };
  await untilAllEnded([mkdir(`${folder}/log`, { mode: 0o700 }), files(), mkdir(`${folder}/rootfs`, { mode: 0o755 })]);
}

/** The log file of a container (further ones have `.1`, `.2`, …). */
export function logFile(core: Pick<Core, "dataRoot">, id: string): string {
  return `${containerFolder(core, id)}/log/container.log`;
}

/** The container's log in Docker's json-file format, for containers that ask for it. */
export function jsonLogFile(core: Pick<Core, "dataRoot">, id: string): string {
  return `${containerFolder(core, id)}/${id}-json.log`;
}

/** How far the container's log has been forwarded. */
export function logPositionFile(core: Pick<Core, "dataRoot">, id: string): string {
  return `${containerFolder(core, id)}/forward.json`;
}

/**
 * Writes `config.json`, a copy of the row for people to read. Nothing reads it back, so a failure only costs the copy.
 */
export async function writeCopy(core: Pick<Core, "dataRoot" | "log">, record: ContainerRecord): Promise<void> {
  try {
    await writeWhole(`${containerFolder(core, record.id)}/config.json`, `${JSON.stringify(record, null, 2)}\n`, 0o600);
  } catch (error) {
    core.log.warn("config.json was not written", { id: record.id, error });
  }
}

/**
 * Writes a whole file: under another name first, then renamed, so that nobody ever sees half of it.
 * @param mode nothing that the daemon's umask, 022, takes away
 */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  await writeFile(`${path}.new`, text, { mode });
  await rename(`${path}.new`, path);
}
