import { pathOfBytes } from "@berth/base";
import type { Kernel } from "../ports.ts";
import { AT_SYMLINK_NOFOLLOW, O_CLOEXEC } from "./constants.ts";
import { errnoError, PathBuffer, type System } from "./system.ts";
import { parseStatx, statxMask, statxSize } from "./statx.ts";

const openat2Number = 437;
const pathMax = 4096;
const EBADF = 9;
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
  // Arguments of one call after another: every call is over before the next one begins.
  const [first, second] = [new PathBuffer(), new PathBuffer()];
  const openHow = new Uint32Array(new ArrayBuffer(24));
  const stat = new Uint8Array(new ArrayBuffer(statxSize));
  const statView = new DataView(stat.buffer);
  const times = new BigInt64Array(new ArrayBuffer(32));
  const target = new Uint8Array(new ArrayBuffer(pathMax));
  return {
    openat2(dirfd, path, how) {
      const name = first.fill("openat2", path);
      // `struct open_how`: three numbers of 64 bits, low half first.
      openHow[0] = how.flags | O_CLOEXEC;
      openHow[2] = how.mode ?? 0;
      openHow[4] = how.resolve;
      for (let attempt = 1; ; attempt++) {
        const fd = libc.syscall(openat2Number, dirfd, name, openHow, 24, 0, 0);
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
      const name = first.fill("mkdirat", path);
      run("mkdirat", path, () => libc.mkdirat(dirfd, name, mode));
    },
    mknodat: (dirfd, path, mode, major, minor) => {
      const name = first.fill("mknodat", path);
      run("mknodat", path, () => libc.mknodat(dirfd, name, mode, deviceNumber(major, minor)));
    },
    symlinkat: (link, dirfd, path) => {
      const [to, name] = [first.fill("symlinkat", link), second.fill("symlinkat", path)];
      run("symlinkat", path, () => libc.symlinkat(to, dirfd, name));
    },
    linkat: (olddirfd, oldpath, newdirfd, newpath, flags) => {
      const [from, to] = [first.fill("linkat", oldpath), second.fill("linkat", newpath)];
      run("linkat", newpath, () => libc.linkat(olddirfd, from, newdirfd, to, flags));
    },
    unlinkat: (dirfd, path, flags) => {
      const name = first.fill("unlinkat", path);
      run("unlinkat", path, () => libc.unlinkat(dirfd, name, flags));
    },
    renameat2: (olddirfd, oldpath, newdirfd, newpath, flags) => {
      const [from, to] = [first.fill("renameat2", oldpath), second.fill("renameat2", newpath)];
      run("renameat2", newpath, () => libc.renameat2(olddirfd, from, newdirfd, to, flags));
    },
    readlinkat: (dirfd, path) => {
      const name = first.fill("readlinkat", path);
      const length = run("readlinkat", path, () => Number(libc.readlinkat(dirfd, name, target, pathMax)));
      return pathOfBytes(target.subarray(0, length));
    },
    statx: (dirfd, path, flags) => {
      const name = first.fill("statx", path);
      run("statx", path, () => libc.statx(dirfd, name, flags, statxMask, stat));
      return parseStatx(statView);
    },
    fchownat: (dirfd, path, uid, gid, flags) => {
      const name = first.fill("fchownat", path);
      run("fchownat", path, () => libc.fchownat(dirfd, name, uid, gid, flags));
    },
    fchmodat: (dirfd, path, mode) => {
      if (path === "") {
        if (libc.fchmod(dirfd, mode) === 0) return;
        if (libc.errno() !== EBADF) throw errnoError("fchmod", `/proc/self/fd/${dirfd}`, libc.errno());
        // An O_PATH descriptor cannot be changed so; its name under /proc can.
        const own = first.fill("fchmodat", `/proc/self/fd/${dirfd}`);
        run("fchmodat", `/proc/self/fd/${dirfd}`, () => libc.fchmodat(dirfd, own, mode, 0));
        return;
      }
      const name = first.fill("fchmodat", path);
      run("fchmodat", path, () => libc.fchmodat(dirfd, name, mode, AT_SYMLINK_NOFOLLOW));
    },
    utimensat: (dirfd, path, atimeNs, mtimeNs, flags) => {
      const name = first.fill("utimensat", path);
      times.set(timespec(atimeNs), 0);
      times.set(atimeNs === mtimeNs ? times.subarray(0, 2) : timespec(mtimeNs), 2);
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
