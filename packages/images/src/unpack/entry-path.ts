import { fail } from "@berth/base";

/** PATH_MAX without its zero (path_resolution(7)). */
const longestPath = 4095;
/** NAME_MAX of every file system that layers lie on. */
const longestName = 255;

/** A cleaned path inside a layer, without a slash in front; the root is "". */
export interface EntryPath {
  readonly path: string;
  readonly parent: string;
  readonly name: string;
}

/**
 * Cleans the name of a tar entry as filepath.Clean does: absolute names begin at the layer's root, `.` and `a/..` go.
 * @throws invalid when it leads out of the layer, holds a NUL or is too long for the kernel
 */
export function cleanEntryPath(name: string): EntryPath {
  const parts: string[] = [];
  if (name.includes("\0")) throw fail("invalid", `${quoteName(name)} holds a NUL`);
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") {
      if (part.length * 3 > longestName && Buffer.byteLength(part) > longestName) {
        throw fail("invalid", `${quoteName(name)}: file name too long`);
      }
      parts.push(part);
    } else if (parts.pop() === undefined) throw fail("invalid", `${quoteName(name)} is outside of the layer`);
  }
  const path = parts.join("/");
  if (path.length * 3 > longestPath && Buffer.byteLength(path) > longestPath)
    throw fail("invalid", `${quoteName(name)}: file name too long`);
  const last = parts.pop() ?? "";
  return { path, parent: parts.join("/"), name: last };
}

/**
 * Refuses a symbolic link whose relative target leads out of the layer, as Docker does. Absolute targets are seen from
 * inside the container and stay there.
 * @throws invalid `invalid symlink "a" -> "../../x"`
 */
export function checkSymlinkTarget(entry: EntryPath, target: string): void {
  if (target.includes("\0") || target === "") throw fail("invalid", `invalid symlink ${quoteName(entry.path)} -> ${quoteName(target)}`);
  if (target.startsWith("/")) return;
  let depth = entry.parent === "" ? 0 : entry.parent.split("/").length;
  for (const part of target.split("/")) {
    if (part === "" || part === ".") continue;
    depth += part === ".." ? -1 : 1;
    if (depth < 0) throw fail("invalid", `invalid symlink ${quoteName(entry.path)} -> ${quoteName(target)}`);
  }
}

/** A hostile name, quoted and bounded for an error. */
export function quoteName(name: string): string {
  return JSON.stringify((name.length > 200 ? `${name.slice(0, 200)}…` : name).toWellFormed());
}
