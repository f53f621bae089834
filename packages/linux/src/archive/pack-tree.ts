import { fail } from "@berth/base";
import { tarEnd } from "@berth/spec";
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, O_DIRECTORY, O_NOFOLLOW, O_PATH } from "../kernel/constants.ts";
import { isErrno } from "../kernel/system.ts";
import type { Fd, FileStat, Kernel } from "../ports.ts";
import { EntryWriter, exactly } from "./entry-writer.ts";
import { tarTypeOf } from "./file-entry.ts";
import { inKernelFilesystem } from "./kernel-filesystems.ts";

/** Each level holds a descriptor open. */
const mostLevels = 1000;

/** What is packed and how it is called. */
export interface PackOptions {
  readonly kernel: Kernel;
  /** The folder that holds it, and its name there; `.` is the folder itself. */
  readonly parent: Fd;
  readonly name: string;
  /** Its name in the archive. Empty: what is in the folder stands at the top, without an entry for the folder itself. */
  readonly as: string;
  readonly idShift: number;
  /** Folders on other mounts stand in the archive without what is in them. */
  readonly oneMount: boolean;
}

interface Level {
  readonly fd: Fd;
  readonly path: string;
  /** Names that are left, last first. */
  readonly names: string[];
  readonly mountId: bigint;
}

/**
 * A file or a folder with all below it as a tar archive, folders before what is in them, names in order. Links are never
 * followed, so somebody who changes the tree meanwhile cannot lead out of it; what disappears is left out. Pieces are only
 * valid until the next one is asked for.
 */
export function* packTree(options: PackOptions): Generator<Uint8Array> {
  const { kernel, as } = options;
  const writer = new EntryWriter(kernel, options.idShift);
  const stat = kernel.statx(
    options.parent,
    options.name === "." ? "" : options.name,
    options.name === "." ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW,
  );
  if (as !== "") yield* writer.entry({ parent: options.parent, name: options.name, stat }, as);
  const stack: Level[] = [];
  try {
    if (tarTypeOf(stat.mode) === "directory") {
      push(options, stack, { parent: options.parent, name: options.name, path: as === "" || as === "/" ? as : `${as}/`, stat });
    }
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const name = top.names.pop();
      if (name === undefined) {
        kernel.close(top.fd);
        stack.pop();
        continue;
      }
      const found = statOf(kernel, top.fd, name);
      if (found === null) continue;
      const path = `${top.path}${name}`;
      yield* writer.entry({ parent: top.fd, name, stat: found }, path);
      if (tarTypeOf(found.mode) !== "directory") continue;
      if (options.oneMount && found.mountId !== top.mountId) continue;
      push(options, stack, { parent: top.fd, name, path: `${path}/`, stat: found });
    }
    yield tarEnd();
  } finally {
    for (const { fd } of stack) kernel.close(fd);
  }
}

function push(
  { kernel }: PackOptions,
  stack: Level[],
  folder: { readonly parent: Fd; readonly name: string; readonly path: string; readonly stat: FileStat },
): void {
  if (stack.length >= mostLevels) throw fail("invalid", `folders lie deeper than ${mostLevels} levels`);
  let fd: Fd;
  try {
    fd = kernel.openat2(folder.parent, folder.name, { flags: O_PATH | O_DIRECTORY | O_NOFOLLOW, resolve: exactly });
  } catch (error) {
    // It was removed or replaced meanwhile.
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return;
    throw error;
  }
  try {
    const names = inKernelFilesystem(kernel, fd) ? [] : kernel.readdir(fd).sort().reverse();
    stack.push({ fd, path: folder.path, names, mountId: folder.stat.mountId });
  } catch (error) {
    kernel.close(fd);
    throw error;
  }
}

/** lstat; null when nothing is there any more. */
function statOf(kernel: Kernel, parent: Fd, name: string): FileStat | null {
  try {
    return kernel.statx(parent, name, AT_SYMLINK_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  }
}
