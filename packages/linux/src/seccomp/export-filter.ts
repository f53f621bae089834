import { loadLibc } from "../kernel/libc.ts";
import { createSystem, cstring } from "../kernel/system.ts";

const MFD_CLOEXEC = 1;
/** BPF_MAXINSNS instructions. */
const mostBytes = 4096 * 8;

/** Lets `write` fill a file in memory and returns its bytes. */
export function exportFilter(write: (fd: number) => void): Uint8Array {
  const { libc, run } = createSystem(loadLibc());
  const name = cstring("memfd_create", "seccomp");
  const fd = run("memfd_create", null, () => libc.memfd_create(name, MFD_CLOEXEC));
  try {
    write(fd);
    run("lseek", null, () => Number(libc.lseek(fd, 0, 0)));
    const into = new Uint8Array(mostBytes);
    const length = run("read", null, () => Number(libc.read(fd, into, mostBytes)));
    return into.slice(0, length);
  } finally {
    libc.close(fd);
  }
}
