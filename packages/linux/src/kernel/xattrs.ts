import { pathOfBytes } from "@berth/base";
import type { Kernel } from "../ports.ts";
import { errnoError, isErrno, PathBuffer, type System } from "./system.ts";

/** XATTR_SIZE_MAX and XATTR_LIST_MAX (xattr(7)). */
const largest = 65536;

/** Extended attributes, never through a link. */
export function xattrCalls({ libc, run }: System): Pick<Kernel, "lsetxattr" | "lgetxattr" | "llistxattr" | "lremovexattr"> {
  // Arguments of one call after another: every call is over before the next one begins.
  const [first, second] = [new PathBuffer(), new PathBuffer()];
  let room: Uint8Array | null = null;
  return {
    lsetxattr: (path, name, value) => {
      const [file, key] = [first.fill("lsetxattr", path), second.fill("lsetxattr", name)];
      // A pointer is needed even for an empty value.
      const bytes = value.length === 0 ? new Uint8Array(1) : value;
      run("lsetxattr", path, () => libc.lsetxattr(file, key, bytes, value.length, 0));
    },
    lgetxattr: (path, name) => {
      const [file, key] = [first.fill("lgetxattr", path), second.fill("lgetxattr", name)];
      const into = (room ??= new Uint8Array(largest));
      try {
        const length = run("lgetxattr", path, () => Number(libc.lgetxattr(file, key, into, largest)));
        return into.slice(0, length);
      } catch (error) {
        if (isErrno(error, "ENODATA", "ENOTSUP")) return null;
        throw error;
      }
    },
    llistxattr: (path) => {
      const file = first.fill("llistxattr", path);
      const into = (room ??= new Uint8Array(largest));
      let length = 0;
      try {
        length = run("llistxattr", path, () => Number(libc.llistxattr(file, into, largest)));
      } catch (error) {
        if (isErrno(error, "ENOTSUP")) return [];
        throw error;
      }
      const names: string[] = [];
      for (let at = 0; at < length; ) {
        const end = into.indexOf(0, at);
        if (end < 0) throw errnoError("llistxattr", path, 71);
        names.push(pathOfBytes(into.subarray(at, end)));
        at = end + 1;
      }
      return names;
    },
    lremovexattr: (path, name) => {
      const [file, key] = [first.fill("lremovexattr", path), second.fill("lremovexattr", name)];
      run("lremovexattr", path, () => libc.lremovexattr(file, key));
    },
  };
}
