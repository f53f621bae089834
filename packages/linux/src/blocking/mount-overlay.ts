import { fail } from "@berth/base";
import { MNT_DETACH, MS_BIND, MS_RDONLY, MS_REMOUNT, O_DIRECTORY, O_PATH } from "../kernel/constants.ts";
import { cstring, errnoError, type System } from "../kernel/system.ts";
import type { Fd, OverlayMount } from "../ports.ts";
import { mount, unmount } from "./mount.ts";
import { openAt, withOpen } from "./open-at.ts";
import { removeTree } from "./remove-tree.ts";

/** mount(2) takes one page of options, its NUL included. */
const optionBytes = 4095;
/** OVL_MAX_STACK in fs/overlayfs. */
const mostLayers = 500;
/** Distributions turn these on by default; each of them would hide changes from a reader of the upper layer. */
const fixedOptions = "index=off,redirect_dir=off,metacopy=off";
/** Where struct statfs has its f_flags, in words of eight bytes on 64-bit Linux, and the bit for read-only (statfs(2)). */
const flagsAt = 10;
const ST_RDONLY = 1n;
const [ENOSPC, EROFS] = [28, 30];

/** Mounts an overlay, or binds the only layer when there is nothing to lay over it. */
export function mountOverlay(system: System, overlay: OverlayMount): void {
  const { lower, upper, work, target } = overlay;
  if ((upper === null) !== (work === null)) throw fail("internal", `Overlay ${target}: upper and work folder come together.`);
  if (lower.length > mostLayers) throw fail("invalid", `Overlay ${target}: ${lower.length} layers; Linux takes ${mostLayers}.`);
  const [only] = lower;
  if (only === undefined) {
    if (upper === null) throw fail("internal", `Overlay ${target}: no layer at all.`);
    bind(system, upper, target);
    return;
  }
  if (lower.length === 1 && upper === null) {
    bindReadOnly(system, only, target);
    return;
  }
  if (overlay.volatile && work !== null) forgetVolatile(system, work);
  const plain = optionsOf(overlay, lower, upper, work);
  const fits = Buffer.byteLength(plain) <= optionBytes && ![...lower, upper ?? "", work ?? ""].some((path) => /[\\:,"]/.test(path));
  if (fits) mount(system, { source: "overlay", target, type: "overlay", flags: 0, data: plain });
  else mountByDescriptors(system, overlay);
  if (upper !== null) refuseReadOnly(system, upper, target);
}

/** Where the kernel cannot make its work folder (a full disk) it mounts all the same, but read-only, and only its log says so. */
function refuseReadOnly(system: System, upper: string, target: string): void {
  if (!isReadOnly(system, target)) return;
  unmount(system, target, MNT_DETACH);
  // A file system that cannot be written at all has its own word.
  throw errnoError("mount", target, isReadOnly(system, upper) ? EROFS : ENOSPC, "its writable layer cannot be prepared");
}

function isReadOnly(system: System, path: string): boolean {
  const into = new BigUint64Array(16);
  const name = cstring("statfs", path);
  system.run("statfs", path, () => system.libc.statfs(name, into));
  return ((into[flagsAt] ?? 0n) & ST_RDONLY) !== 0n;
}

function optionsOf(overlay: OverlayMount, lower: readonly string[], upper: string | null, work: string | null): string {
  const writable = upper === null ? "" : `upperdir=${upper},workdir=${work},`;
  return `lowerdir=${lower.join(":")},${writable}${fixedOptions}${overlay.volatile && upper !== null ? ",volatile" : ""}`;
}

/** Opens every layer and names each by its descriptor's number, seen from /proc/self/fd: 500 layers take 2 KiB. */
function mountByDescriptors(system: System, overlay: OverlayMount): void {
  const fds: Fd[] = [];
  const numberOf = (path: string): string => {
    const fd = openAt(system, { name: path, path, flags: O_PATH | O_DIRECTORY });
    fds.push(fd);
    return String(fd);
  };
  try {
    const lower = overlay.lower.map(numberOf);
    const [upper, work] = [overlay.upper, overlay.work].map((path) => (path === null ? null : numberOf(path)));
    const data = optionsOf(overlay, lower, upper ?? null, work ?? null);
    inFolder(system, "/proc/thread-self/fd", () => {
      mount(system, { source: "overlay", target: overlay.target, type: "overlay", flags: 0, data });
    });
  } finally {
    for (const fd of fds) system.libc.close(fd);
  }
}

/** Runs `work` with another current folder; the thread has one of its own. Targets must be absolute. */
function inFolder(system: System, folder: string, work: () => void): void {
  const flags = O_PATH | O_DIRECTORY;
  withOpen(system, { name: ".", path: ".", flags }, (before) => {
    withOpen(system, { name: folder, path: folder, flags }, (fd) => system.run("fchdir", folder, () => system.libc.fchdir(fd)));
    try {
      work();
    } finally {
      system.run("fchdir", ".", () => system.libc.fchdir(before));
    }
  });
}

function bind(system: System, source: string, target: string): void {
  mount(system, { source, target, type: "none", flags: MS_BIND, data: "" });
}

function bindReadOnly(system: System, source: string, target: string): void {
  bind(system, source, target);
  try {
    mount(system, { source: "none", target, type: "none", flags: MS_BIND | MS_REMOUNT | MS_RDONLY, data: "" });
  } catch (error) {
    unmount(system, target, MNT_DETACH);
    throw error;
  }
}

/** Removes the mark that makes the kernel refuse a second mount after a volatile one ("volatile mount" in its overlayfs.rst). */
function forgetVolatile(system: System, work: string): void {
  removeTree(system, `${work}/work/incompat/volatile`);
}
