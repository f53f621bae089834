import { pathOfBytes } from "@berth/base";
import type { Kernel } from "../ports.ts";
import { AT_SYMLINK_NOFOLLOW, O_CLOEXEC } from "./constants.ts";
import { cstring, errnoError, type System } from "./system.ts";
import { parseStatx, statxMask, statxSize } from "./statx.ts";

const openat2Number = 437;
const pathMax = 4096;
/** openat2(2) gives EAGAIN when a rename elsewhere races with `..` under RESOLVE_IN_ROOT; it asks to be tried again. */
const racesTolerated = 64;

type FileCalls = Pick<
  Kernel,
  | "openat2"
  | "close"
  | "mkdirat"
  | "mknodat"
  | "symlinkat"
  | "linkat"
  | "unlinkat"
  | "renameat2"
  | "readlinkat"
  | "statx"
  | "fchownat"
  | "fchmodat"
  | "utimensat"
>;

/** Files by directory descriptor and path. */
export function fileCalls({ libc, run }: System): FileCalls {
  return {
    openat2(dirfd, path, how) {
      const name = cstring("openat2", path);
      const open = new BigUint64Array([BigInt((how.flags | O_CLOEXEC) >>> 0), BigInt(how.mode ?? 0), BigInt(how.resolve)]);
      const bytes = new Uint8Array(open.buffer);
      for (let attempt = 1; ; attempt++) {
        const fd = libc.syscall(openat2Number, dirfd, name, bytes, 24, 0, 0);
        if (fd >= 0) return Number(fd);
        const errno = libc.errno();
        const again = errno === 4 || (errno === 11 && attempt < racesTolerated);
        if (!again) throw errnoError("openat2", path, errno);
      }
    },
    close(fd) {
      // After EINTR the descriptor is closed all the same (close(2)); closing again could hit somebody else's.
      if (libc.close(fd) < 0 && libc.errno() !== 4) throw errnoError("close", String(fd), libc.errno());
    },
    mkdirat: (dirfd, path, mode) => {
      const name = cstring("mkdirat", path);
      run("mkdirat", path, () => libc.mkdirat(dirfd, name, mode));
    },
    mknodat: (dirfd, path, mode, major, minor) => {
      const name = cstring("mknodat", path);
      run("mknodat", path, () => libc.mknodat(dirfd, name, mode, deviceNumber(major, minor)));
    },
    symlinkat: (target, dirfd, path) => {
      const [to, name] = [cstring("symlinkat", target), cstring("symlinkat", path)];
      run("symlinkat", path, () => libc.symlinkat(to, dirfd, name));
    },
    linkat: (olddirfd, oldpath, newdirfd, newpath, flags) => {
      const [from, to] = [cstring("linkat", oldpath), cstring("linkat", newpath)];
      run("linkat", newpath, () => libc.linkat(olddirfd, from, newdirfd, to, flags));
    },
    unlinkat: (dirfd, path, flags) => {
      const name = cstring("unlinkat", path);
      run("unlinkat", path, () => libc.unlinkat(dirfd, name, flags));
    },
    renameat2: (olddirfd, oldpath, newdirfd, newpath, flags) => {
      const [from, to] = [cstring("renameat2", oldpath), cstring("renameat2", newpath)];
      run("renameat2", newpath, () => libc.renameat2(olddirfd, from, newdirfd, to, flags));
    },
    readlinkat: (dirfd, path) => {
      const name = cstring("readlinkat", path);
      const into = new Uint8Array(pathMax);
      const length = run("readlinkat", path, () => Number(libc.readlinkat(dirfd, name, into, pathMax)));
      return pathOfBytes(into.subarray(0, length));
    },
    statx: (dirfd, path, flags) => {
      const name = cstring("statx", path);
      const into = new Uint8Array(statxSize);
      run("statx", path, () => libc.statx(dirfd, name, flags, statxMask, into));
      return parseStatx(into);
    },
    fchownat: (dirfd, path, uid, gid, flags) => {
      const name = cstring("fchownat", path);
      run("fchownat", path, () => libc.fchownat(dirfd, name, uid, gid, flags));
    },
    fchmodat: (dirfd, path, mode) => {
      // An O_PATH descriptor cannot be changed by fchmod(2); its name under /proc can.
      if (path === "") {
        const own = cstring("fchmodat", `/proc/self/fd/${dirfd}`);
        run("fchmodat", `/proc/self/fd/${dirfd}`, () => libc.fchmodat(dirfd, own, mode, 0));
        return;
      }
      const name = cstring("fchmodat", path);
      run("fchmodat", path, () => libc.fchmodat(dirfd, name, mode, AT_SYMLINK_NOFOLLOW));
    },
    utimensat: (dirfd, path, atimeNs, mtimeNs, flags) => {
      const name = cstring("utimensat", path);
      const times = new Uint8Array(new BigInt64Array([...timespec(atimeNs), ...timespec(mtimeNs)]).buffer);
      run("utimensat", path, () => libc.utimensat(dirfd, name, times, flags));
    },
  };
}

/** makedev(3) as glibc packs it. */
function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return (low & 0xffn) | ((high & 0xfffn) << 8n) | ((low & ~0xffn) << 12n) | ((high & ~0xfffn) << 32n);
}

/** Seconds and nanoseconds; nanoseconds are never negative, also before 1970. */
function timespec(ns: bigint): [bigint, bigint] {
  const rest = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return [(ns - rest) / 1_000_000_000n, rest];
}
