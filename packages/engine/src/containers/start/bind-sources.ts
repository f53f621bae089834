import { fail } from "@berth/base";
import { mkdir, stat } from "node:fs/promises";
import type { ContainerRecord } from "../record.ts";

/** Sees to it that every bind source and volume folder is there: `-v` makes missing directories, `--mount` refuses. */
export async function ensureBindSources(record: ContainerRecord): Promise<void> {
  for (const mount of record.mounts) {
    if (mount.type === "tmpfs" || (await isThere(mount.source))) continue;
    if (mount.type === "bind" && !mount.createSource) {
      throw fail("invalid", `invalid mount config for type "bind": bind source path does not exist: ${mount.source}`);
    }
    try {
      await mkdir(mount.source, { recursive: true, mode: 0o755 });
    } catch (error) {
      throw fail("internal", `error while creating mount source path '${mount.source}': ${String((error as Error).message)}`, error);
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw fail("internal", `error while looking at mount source path '${path}': ${(error as Error).message}`, error);
  }
}
