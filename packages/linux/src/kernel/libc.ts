import { type ConvertFns, dlopen, type Pointer, ptr, read } from "bun:ffi";

/**
 * The functions of the C library that the kernel room calls. Sizes and signs are those of 64-bit Linux
 * (x86_64 and arm64 agree on all of them).
 */
const symbols = {
  __errno_location: { args: [], returns: "ptr" },
  accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  capget: { args: ["ptr", "ptr"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  epoll_create1: { args: ["i32"], returns: "i32" },
  epoll_ctl: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  epoll_wait: { args: ["i32", "ptr", "i32", "i32"], returns: "i32" },
  fallocate: { args: ["i32", "i32", "i64", "i64"], returns: "i32" },
  fchdir: { args: ["i32"], returns: "i32" },
  fchmod: { args: ["i32", "u32"], returns: "i32" },
  fchmodat: { args: ["i32", "ptr", "u32", "i32"], returns: "i32" },
  fchownat: { args: ["i32", "ptr", "u32", "u32", "i32"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i64"], returns: "i32" },
  flock: { args: ["i32", "i32"], returns: "i32" },
  fsync: { args: ["i32"], returns: "i32" },
  ftruncate: { args: ["i32", "i64"], returns: "i32" },
  getdents64: { args: ["i32", "ptr", "u64"], returns: "i64" },
  inotify_add_watch: { args: ["i32", "ptr", "u32"], returns: "i32" },
  inotify_init1: { args: ["i32"], returns: "i32" },
  inotify_rm_watch: { args: ["i32", "i32"], returns: "i32" },
  ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  kill: { args: ["i32", "i32"], returns: "i32" },
  lgetxattr: { args: ["ptr", "ptr", "ptr", "u64"], returns: "i64" },
  linkat: { args: ["i32", "ptr", "i32", "ptr", "i32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  llistxattr: { args: ["ptr", "ptr", "u64"], returns: "i64" },
  lremovexattr: { args: ["ptr", "ptr"], returns: "i32" },
  lseek: { args: ["i32", "i64", "i32"], returns: "i64" },
  lsetxattr: { args: ["ptr", "ptr", "ptr", "u64", "i32"], returns: "i32" },
  madvise: { args: ["u64", "u64", "i32"], returns: "i32" },
  memfd_create: { args: ["ptr", "u32"], returns: "i32" },
  mkdirat: { args: ["i32", "ptr", "u32"], returns: "i32" },
  mknodat: { args: ["i32", "ptr", "u32", "u64"], returns: "i32" },
  mount: { args: ["ptr", "ptr", "ptr", "u64", "ptr"], returns: "i32" },
  pidfd_open: { args: ["i32", "u32"], returns: "i32" },
  pidfd_send_signal: { args: ["i32", "i32", "ptr", "u32"], returns: "i32" },
  pipe2: { args: ["ptr", "i32"], returns: "i32" },
  prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  prlimit: { args: ["i32", "i32", "ptr", "ptr"], returns: "i32" },
  read: { args: ["i32", "ptr", "u64"], returns: "i64" },
  readlinkat: { args: ["i32", "ptr", "ptr", "u64"], returns: "i64" },
  recvmsg: { args: ["i32", "ptr", "i32"], returns: "i64" },
  renameat2: { args: ["i32", "ptr", "i32", "ptr", "u32"], returns: "i32" },
  sendmsg: { args: ["i32", "ptr", "i32"], returns: "i64" },
  setns: { args: ["i32", "i32"], returns: "i32" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  statfs: { args: ["ptr", "ptr"], returns: "i32" },
  statx: { args: ["i32", "ptr", "i32", "u32", "ptr"], returns: "i32" },
  symlinkat: { args: ["ptr", "i32", "ptr"], returns: "i32" },
  syncfs: { args: ["i32"], returns: "i32" },
  syscall: { args: ["i64", "i64", "ptr", "ptr", "i64", "i64", "i64"], returns: "i64" },
  umask: { args: ["u32"], returns: "u32" },
  umount2: { args: ["ptr", "i32"], returns: "i32" },
  unlinkat: { args: ["i32", "ptr", "i32"], returns: "i32" },
  unshare: { args: ["i32"], returns: "i32" },
  utimensat: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
  waitid: { args: ["i32", "u32", "ptr", "i32"], returns: "i32" },
  write: { args: ["i32", "ptr", "u64"], returns: "i64" },
} as const;

/** The C library's functions together with this thread's errno. */
export type Libc = ConvertFns<typeof symbols> & {
  /** errno of this thread's last failed call; read it right after the call. */
  readonly errno: () => number;
};

/**
 * Binds the C library for the calling thread (errno(3) is kept per thread, so a Worker binds its own).
 * @throws Error when the machine has no glibc
 */
export function loadLibc(): Libc {
  const functions = dlopen("libc.so.6", symbols).symbols;
  const location = functions.__errno_location() as Pointer;
  return { ...functions, errno: () => read.i32(location, 0) };
}

/** The address of a buffer, for structures that hold pointers. The caller keeps the buffer alive. */
export function addressOf(bytes: Uint8Array): bigint {
  return BigInt(ptr(bytes));
}
