import { fail } from "@berth/base";
import { tarEnd } from "@berth/spec";
import { AT_EMPTY_PATH, O_NOFOLLOW, O_PATH } from "../kernel/constants.ts";
import { errnoError, isErrno } from "../kernel/system.ts";
import type { Fd, FileStat, Kernel } from "../ports.ts";
import { EntryWriter, exactly } from "./entry-writer.ts";
import { tarTypeOf } from "./file-entry.ts";
import { inKernelFilesystem } from "./kernel-filesystems.ts";

const ENOENT = 2;
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
  const packing: Packing = { options, writer: new EntryWriter(kernel, options.idShift), stack: [] };
  const { stack } = packing;
  try {
    const found = lookAt(kernel, options.parent, options.name);
    if (found === null) throw errnoError("openat2", options.name, ENOENT);
    yield* pack(packing, found, { parent: options.parent, name: options.name, path: as });
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const name = top.names.pop();
      if (name === undefined) {
        kernel.close(top.fd);
        stack.pop();
        continue;
      }
      const next = lookAt(kernel, top.fd, name);
      if (next !== null) yield* pack(packing, next, { parent: top.fd, name, path: `${top.path}${name}` });
    }
    yield tarEnd();
  } finally {
    for (const { fd } of stack) kernel.close(fd);
  }
}

interface Packing {
  readonly options: PackOptions;
  readonly writer: EntryWriter;
  readonly stack: Level[];
}

/** What a name leads to, opened with O_PATH. */
interface Found {
  readonly fd: Fd;
  readonly stat: FileStat;
}

/** The entry of what was found, which is closed then; a folder becomes the next level instead. */
function* pack(
  { options, writer, stack }: Packing,
  found: Found,
  at: { readonly parent: Fd; readonly name: string; readonly path: string },
): Generator<Uint8Array> {
  const { kernel } = options;
  const { path } = at;
  let entered = false;
  try {
    if (path !== "") yield* writer.entry({ parent: at.parent, name: at.name, ...found }, path);
    if (tarTypeOf(found.stat.mode) !== "directory") return;
    const above = stack.at(-1);
    if (above !== undefined && options.oneMount && found.stat.mountId !== above.mountId) return;
    if (stack.length >= mostLevels) throw fail("invalid", `folders lie deeper than ${mostLevels} levels`);
    const names = namesIn(kernel, found.fd).sort().reverse();
    stack.push({ fd: found.fd, path: path === "" || path === "/" ? path : `${path}/`, names, mountId: found.stat.mountId });
    entered = true;
  } finally {
    if (!entered) kernel.close(found.fd);
  }
}

/** What is in a folder; nothing when it shows the kernel itself or was removed meanwhile (getdents64(2): ENOENT). */
function namesIn(kernel: Kernel, fd: Fd): string[] {
  if (inKernelFilesystem(kernel, fd)) return [];
  try {
    return kernel.readdir(fd);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

/** Opens what has a name, without following or touching it; null when nothing is there any more. */
function lookAt(kernel: Kernel, parent: Fd, name: string): Found | null {
  let fd: Fd;
  try {
    fd = kernel.openat2(parent, name, { flags: O_PATH | O_NOFOLLOW, resolve: exactly });
  } catch (error) {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  }
  try {
    return { fd, stat: kernel.statx(fd, "", AT_EMPTY_PATH) };
  } catch (error) {
    kernel.close(fd);
    throw error;
  }
}
