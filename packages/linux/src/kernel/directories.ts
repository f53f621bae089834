import { pathOfBytes } from "@berth/base";
import type { Fd, Kernel } from "../ports.ts";
import { O_CLOEXEC, O_DIRECTORY, O_RDONLY } from "./constants.ts";
import { cstring, type System } from "./system.ts";

const chunkBytes = 32 * 1024;

/** Listing of directories. */
export function directoryCalls({ libc, run }: System): Pick<Kernel, "readdir"> {
  const dot = cstring("readdir", ".");
  const how = new Uint8Array(new BigUint64Array([BigInt(O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0n, 0n]).buffer);
  // Listings do not overlap in a thread.
  let room: Uint8Array | null = null;
  return {
    readdir: (fd) => {
      // A description of its own: `fd` may be O_PATH, and its position stays where it is.
      const own: Fd = run("openat2", `/proc/self/fd/${fd}`, () => Number(libc.syscall(437, fd, dot, how, 24, 0, 0)));
      try {
        const names: string[] = [];
        const chunk = (room ??= new Uint8Array(chunkBytes));
        for (;;) {
          const length = run("getdents64", `/proc/self/fd/${fd}`, () => Number(libc.getdents64(own, chunk, chunkBytes)));
          if (length === 0) return names;
          for (const name of namesOf(chunk.subarray(0, length))) if (name !== "." && name !== "..") names.push(name);
        }
      } finally {
        libc.close(own);
      }
    },
  };
}

/** Names in a buffer of `struct linux_dirent64` (getdents64(2)). */
export function* namesOf(chunk: Uint8Array): Generator<string> {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  for (let at = 0; at < chunk.length; ) {
    const length = view.getUint16(at + 16, true);
    const start = at + 19;
    yield pathOfBytes(chunk.subarray(start, chunk.indexOf(0, start)));
    at += length;
  }
}
