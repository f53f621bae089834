import type { Kernel } from "../ports.ts";
import { O_CLOEXEC, O_NONBLOCK } from "./constants.ts";
import { cstring, errnoError, type System } from "./system.ts";

const [F_GETFD, F_SETFD, F_GETFL, F_SETFL] = [1, 2, 3, 4];
const FD_CLOEXEC = 1;
const [F_ADD_SEALS, allSeals] = [1033, 0xf];
const [MFD_CLOEXEC, MFD_ALLOW_SEALING] = [1, 2];
const [LOCK_SH, LOCK_EX, LOCK_NB] = [1, 2, 4];
const SEEK_CUR = 1;
const EWOULDBLOCK = 11;
const TIOCSWINSZ = 0x5414;

type DescriptorCalls = Pick<
  Kernel,
  | "pipe2"
  | "write"
  | "read"
  | "skip"
  | "truncate"
  | "dup"
  | "setNonBlocking"
  | "setCloseOnExec"
  | "tryLock"
  | "statfs"
  | "setWindowSize"
  | "sealedMemory"
>;

/** Pipes, reading, writing, flags and locks of open files. */
export function descriptorCalls({ libc, run }: System): DescriptorCalls {
  return {
    pipe2: (flags) => {
      const ends = new Int32Array(2);
      run("pipe2", null, () => libc.pipe2(ends, flags | O_CLOEXEC));
      return [ends[0] ?? -1, ends[1] ?? -1];
    },
    write: (fd, bytes) => (bytes.length === 0 ? 0 : run("write", `fd ${fd}`, () => Number(libc.write(fd, bytes, bytes.length)))),
    read: (fd, into) => (into.length === 0 ? 0 : run("read", `fd ${fd}`, () => Number(libc.read(fd, into, into.length)))),
    skip: (fd, bytes) => void run("lseek", `fd ${fd}`, () => Number(libc.lseek(fd, bytes, SEEK_CUR))),
    truncate: (fd, sizeBytes) => void run("ftruncate", `fd ${fd}`, () => libc.ftruncate(fd, sizeBytes)),
    dup: (fd) => run("dup", `fd ${fd}`, () => libc.fcntl(fd, 1030 /* F_DUPFD_CLOEXEC */, 0)),
    setNonBlocking: (fd, on) => {
      const flags = run("fcntl", `fd ${fd}`, () => libc.fcntl(fd, F_GETFL, 0));
      run("fcntl", `fd ${fd}`, () => libc.fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
    },
    setCloseOnExec: (fd, on) => {
      const flags = run("fcntl", `fd ${fd}`, () => libc.fcntl(fd, F_GETFD, 0));
      run("fcntl", `fd ${fd}`, () => libc.fcntl(fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC));
    },
    tryLock: (fd, exclusive) => {
      if (libc.flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) === 0) return true;
      const errno = libc.errno();
      if (errno === EWOULDBLOCK) return false;
      throw errnoError("flock", `fd ${fd}`, errno);
    },
    statfs: (path) => {
      const name = cstring("statfs", path);
      const into = new BigUint64Array(16);
      run("statfs", path, () => libc.statfs(name, into));
      const [type = 0n, blockBytes = 0n, blocks = 0n, , available = 0n] = into;
      return { type: Number(type), totalBytes: blocks * blockBytes, freeBytes: available * blockBytes };
    },
    sealedMemory: (name, bytes) => {
      const label = cstring("memfd_create", name);
      const fd = run("memfd_create", name, () => libc.memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING));
      try {
        for (let at = 0; at < bytes.length; ) {
          const left = bytes.subarray(at);
          at += run("write", name, () => Number(libc.write(fd, left, left.length)));
        }
        run("fcntl", name, () => libc.fcntl(fd, F_ADD_SEALS, allSeals));
        return fd;
      } catch (error) {
        libc.close(fd);
        throw error;
      }
    },
    setWindowSize: (fd, rows, columns) => {
      const size = new Uint16Array([rows, columns, 0, 0]);
      run("ioctl TIOCSWINSZ", `fd ${fd}`, () => libc.ioctl(fd, TIOCSWINSZ, size));
    },
  };
}
