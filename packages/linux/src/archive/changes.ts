import { fail } from "@berth/base";
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_PATH, S_IFDIR, S_IFMT, S_IFREG } from "../kernel/constants.ts";
import { isErrno } from "../kernel/system.ts";
import type { Fd, FileStat, Kernel } from "../ports.ts";
import { exactly } from "./entry-writer.ts";
import type { FoundFile } from "./file-entry.ts";
import {
  closeFolder,
  enter,
  isOpaque,
  isWhiteout,
  lookUp,
  type LowerFile,
  type LowerFolder,
  namesIn,
  openLayers,
  statOf,
} from "./overlay-layers.ts";

const mostLevels = 1000;

/** What became of a path, with the numbers of Docker's API. */
export const changeKinds: { readonly modified: 0; readonly added: 1; readonly deleted: 2 } = { modified: 0, added: 1, deleted: 2 };

/** One path of a writable layer that differs from the layers below. */
export interface LayerChange {
  /** Absolute, seen from the container's root. */
  readonly path: string;
  readonly kind: 0 | 1 | 2;
  /** The file in the writable layer; null for one that is deleted. Only valid until the next change is asked for. */
  readonly file: FoundFile | null;
}

/** A writable layer and those below it. */
export interface LayerStack {
  readonly kernel: Kernel;
  /** The writable layer's folder. */
  readonly upper: string;
  /** Folders of the layers below, the top one first. */
  readonly lower: readonly string[];
  /** What the ids on disk are higher in the writable layer. */
  readonly idShift: number;
  /** Empty files and folders that the engine itself makes in every root file system; absolute. */
  readonly made: ReadonlySet<string>;
}

interface Level {
  readonly fd: Fd;
  readonly path: string;
  readonly below: LowerFolder;
  /** Names of the layer and deleted ones that are left, last first. */
  readonly names: string[];
  /** The folder's own change, when it is told only if something inside has changed. */
  waiting: LayerChange | null;
}

/**
 * What a writable layer changed, by Docker's rules: files differ by type, mode, owner, device, size, time (to the second when
 * one has no fraction) or capabilities, folders by mode and owner only; a folder in which something changed is told too, the
 * root never. Folders come before what is in them, names in order.
 */
export function* layerChanges(stack: LayerStack): Generator<LayerChange> {
  const { kernel } = stack;
  const levels: Level[] = [];
  try {
    const below = openLayers(kernel, stack.lower);
    levels.push(
      openLevel(stack, {
        fd: kernel.openat2(AT_FDCWD, stack.upper, { flags: O_PATH | O_DIRECTORY, resolve: 0 }),
        path: "",
        below,
        opaque: false,
      }),
    );
    for (let top = levels.at(-1); top !== undefined; top = levels.at(-1)) {
      const name = top.names.pop();
      if (name === undefined) {
        closeLevel(kernel, top);
        levels.pop();
        continue;
      }
      yield* oneName(stack, levels, top, name);
    }
  } finally {
    for (const level of levels) closeLevel(kernel, level);
  }
}

function* oneName(stack: LayerStack, levels: Level[], level: Level, name: string): Generator<LayerChange> {
  const { kernel } = stack;
  const path = `${level.path}/${name}`;
  const stat = statOf(kernel, level.fd, name);
  const old = lookUp(kernel, level.below, name);
  if (stat === null || isWhiteout(stat)) {
    if (old !== null) yield* told(levels, { path, kind: changeKinds.deleted, file: null });
    return;
  }
  const file: FoundFile = { parent: level.fd, name, stat };
  const kind = kindOf(stack, { path, file, old });
  if (kind !== null) yield* told(levels, { path, kind, file });
  if ((stat.mode & S_IFMT) !== S_IFDIR) return;
  const inside = openInside(stack, { level, name, path, old });
  if (inside === null) return;
  inside.waiting = kind === null ? { path, kind: changeKinds.modified, file } : null;
  levels.push(inside);
  if (levels.length > mostLevels) throw fail("invalid", `folders of the writable layer lie deeper than ${mostLevels} levels`);
}

/** A change, after those of the folders above it that were waiting for one. */
function* told(levels: readonly Level[], change: LayerChange): Generator<LayerChange> {
  for (const level of levels) {
    const { waiting } = level;
    level.waiting = null;
    if (waiting !== null) yield waiting;
  }
  yield change;
}

/** null when it is as it was. What the engine makes counts as part of the image. */
function kindOf(
  stack: LayerStack,
  found: { readonly path: string; readonly file: FoundFile; readonly old: LowerFile | null },
): LayerChange["kind"] | null {
  const { path, file, old } = found;
  if (old !== null) return differs(stack, file, old) ? changeKinds.modified : null;
  if (!stack.made.has(path)) return changeKinds.added;
  return isUntouched(file.stat, stack.idShift) ? null : changeKinds.modified;
}

function openInside(
  stack: LayerStack,
  folder: { readonly level: Level; readonly name: string; readonly path: string; readonly old: LowerFile | null },
): Level | null {
  const { kernel } = stack;
  const { level, name, path, old } = folder;
  let fd: Fd;
  try {
    fd = kernel.openat2(level.fd, name, { flags: O_PATH | O_DIRECTORY | O_NOFOLLOW, resolve: exactly });
  } catch (error) {
    // It was removed meanwhile: the container runs on.
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return null;
    throw error;
  }
  const isFolder = old !== null && (old.stat.mode & S_IFMT) === S_IFDIR;
  return openLevel(stack, {
    fd,
    path,
    below: isFolder ? enter(kernel, level.below, name) : { fds: [] },
    opaque: isOpaque(kernel, level.fd, name),
  });
}

function openLevel(
  { kernel }: LayerStack,
  level: { readonly fd: Fd; readonly path: string; readonly below: LowerFolder; readonly opaque: boolean },
): Level {
  const names = new Set(kernel.readdir(level.fd));
  // What an opaque folder hides is deleted, unless it was made anew.
  if (level.opaque) for (const name of namesIn(kernel, level.below)) names.add(name);
  return { fd: level.fd, path: level.path, below: level.below, names: [...names].sort().reverse(), waiting: null };
}

function closeLevel(kernel: Kernel, level: Level): void {
  kernel.close(level.fd);
  closeFolder(kernel, level.below);
}

/** Whether something that the engine made is still as it was. */
function isUntouched(stat: FileStat, idShift: number): boolean {
  const empty = (stat.mode & S_IFMT) === S_IFDIR || ((stat.mode & S_IFMT) === S_IFREG && stat.sizeBytes === 0);
  return empty && stat.uid === idShift && stat.gid === idShift;
}

function differs({ kernel, idShift }: LayerStack, file: FoundFile, old: LowerFile): boolean {
  const [now, before] = [file.stat, old.stat];
  if (now.mode !== before.mode || now.uid - idShift !== before.uid || now.gid - idShift !== before.gid) return true;
  if (now.rdevMajor !== before.rdevMajor || now.rdevMinor !== before.rdevMinor) return true;
  if ((now.mode & S_IFMT) !== S_IFDIR && (now.sizeBytes !== before.sizeBytes || !sameTime(now.mtimeNs, before.mtimeNs))) return true;
  return !sameBytes(capabilityOf(kernel, file), capabilityOf(kernel, old));
}

/** Archives hold whole seconds: a time without a fraction may stand for one with. */
function sameTime(a: bigint, b: bigint): boolean {
  const second = 1_000_000_000n;
  return a === b || (a / second === b / second && (a % second === 0n || b % second === 0n));
}

function capabilityOf(kernel: Kernel, file: { readonly parent: Fd; readonly name: string }): Uint8Array | null {
  try {
    return kernel.lgetxattr(`/proc/self/fd/${file.parent}/${file.name}`, "security.capability");
  } catch (error) {
    if (isErrno(error, "ENOENT", "EPERM")) return null;
    throw error;
  }
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === b || (a !== null && b !== null && Buffer.from(a).equals(b));
}
