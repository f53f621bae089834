import { O_CLOEXEC } from "../kernel/constants.ts";
import { cstring, type System } from "../kernel/system.ts";
import type { Fd } from "../ports.ts";

const AT_FDCWD = -100;

/** What to open, and how. `name` is a path, or the NUL-terminated bytes of a directory entry as the kernel gave them. */
export interface OpenAt {
  readonly dirfd?: Fd;
  readonly name: string | Uint8Array;
  /** The path to name in an error. */
  readonly path: string;
  readonly flags: number;
  readonly resolve?: number;
}

/** openat2(2) for the Worker's own walks. */
export function openAt({ libc, run }: System, { dirfd = AT_FDCWD, name, path, flags, resolve = 0 }: OpenAt): Fd {
  const bytes = typeof name === "string" ? cstring("openat2", name) : name;
  const how = new Uint8Array(new BigUint64Array([BigInt(flags | O_CLOEXEC), 0n, BigInt(resolve)]).buffer);
  return run("openat2", path, () => Number(libc.syscall(437, dirfd, bytes, how, 24, 0, 0)));
}

/** Opens, runs `use`, and closes whatever happens. */
export function withOpen<T>(system: System, options: OpenAt, use: (fd: Fd) => T): T {
  const fd = openAt(system, options);
  try {
    return use(fd);
  } finally {
    system.libc.close(fd);
  }
}
