import { type ConvertFns, dlopen, type Pointer, ptr, read } from "bun:ffi";
import { cstring, errnoError } from "../kernel/system.ts";
import type { Fd } from "../ports.ts";

const symbols = {
  __errno_location: { args: [], returns: "ptr" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  open: { args: ["ptr", "i32", "u32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  setns: { args: ["i32", "i32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  shutdown: { args: ["i32", "i32"], returns: "i32" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  write: { args: ["i32", "ptr", "u64"], returns: "i64" },
} as const;

const O_CLOEXEC = 0o2000000;
const EINTR = 4;

/** The C library's calls that sockets and namespaces need, bound for one thread (errno is kept per thread). */
export interface NetworkLibc {
  readonly call: ConvertFns<typeof symbols>;
  /** Result of a call; EINTR runs it again, another failure throws its KernelError with `about` as what it concerned. */
  readonly run: (name: string, about: string, invoke: () => number | bigint) => number;
}

/** Binds them for the calling thread. */
export function loadNetworkLibc(): NetworkLibc {
  const call = dlopen("libc.so.6", symbols).symbols;
  const errnoAt = call.__errno_location() as Pointer;
  return {
    call,
    run: (name, about, invoke) => {
      for (;;) {
        const result = Number(invoke());
        if (result >= 0) return result;
        const errno = read.i32(errnoAt, 0);
        if (errno !== EINTR) throw errnoError(name, about, errno);
      }
    },
  };
}

/** Opens a file with O_CLOEXEC; the caller closes it. */
export function openFile(libc: NetworkLibc, path: string, flags: number): Fd {
  const name = cstring("open", path);
  return libc.run("open", path, () => libc.call.open(ptr(name), flags | O_CLOEXEC, 0));
}

/** setsockopt(2) with an int. */
export function setOption(
  libc: NetworkLibc,
  options: { readonly fd: Fd; readonly level: number; readonly name: number; readonly value: number },
): void {
  const value = new Int32Array([options.value]);
  libc.run("setsockopt", `option ${options.name}`, () => libc.call.setsockopt(options.fd, options.level, options.name, ptr(value), 4));
}
