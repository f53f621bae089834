import { O_NONBLOCK } from "../../kernel/constants.ts";
import { errnoError } from "../../kernel/system.ts";
import type { Fd, Kernel } from "../../ports.ts";
import type { DescriptorTable, Pipe } from "./descriptors.ts";
import { isFolder } from "./tree.ts";

const [EBADF, EAGAIN, EISDIR, EINVAL, ESPIPE, EPIPE] = [9, 11, 21, 22, 29, 32];
/** As Linux has it (pipe(7)). */
const pipeBytes = 65536;

type StreamCalls = Pick<
  Kernel,
  "close" | "dup" | "read" | "write" | "skip" | "truncate" | "pipe2" | "setNonBlocking" | "setCloseOnExec" | "tryLock"
>;

/** Reading and writing of files and pipes in memory. A call that would block for ever throws EAGAIN, as nobody else could run. */
export function fakeStreamCalls(table: DescriptorTable): StreamCalls {
  return {
    close: (fd) => {
      const last = table.remove(fd);
      if (last === null) return;
      if (last.pipe !== null && last.end === "read") last.pipe.readers--;
      if (last.pipe !== null && last.end === "write") last.pipe.writers--;
      if (last.node !== null) last.node.locks = last.node.locks.filter((lock) => lock.holder !== last);
    },
    dup: (fd) => table.add(table.get("dup", fd)),
    read: (fd, into) => {
      const open = table.get("read", fd);
      if (open.pathOnly || open.end === "write") throw errnoError("read", `fd ${fd}`, EBADF);
      if (open.pipe !== null) return readPipe(open.pipe, fd, into);
      if (open.node === null || isFolder(open.node)) throw errnoError("read", `fd ${fd}`, EISDIR);
      const bytes = open.node.data.subarray(open.offset, open.offset + into.length);
      into.set(bytes);
      open.offset += bytes.length;
      return bytes.length;
    },
    write: (fd, bytes) => {
      const open = table.get("write", fd);
      if (open.pathOnly || open.end === "read") throw errnoError("write", `fd ${fd}`, EBADF);
      if (open.pipe !== null) return writePipe(open.pipe, fd, bytes);
      const { node } = open;
      if (node === null) throw errnoError("write", `fd ${fd}`, EBADF);
      const offset = open.append ? node.data.length : open.offset;
      const grown = new Uint8Array(Math.max(node.data.length, offset + bytes.length));
      grown.set(node.data);
      grown.set(bytes, offset);
      node.data = grown;
      open.offset = offset + bytes.length;
      return bytes.length;
    },
    skip: (fd, bytes) => {
      const open = table.get("lseek", fd);
      if (open.pathOnly || open.node === null) throw errnoError("lseek", `fd ${fd}`, open.pathOnly ? EBADF : ESPIPE);
      open.offset += bytes;
    },
    truncate: (fd, sizeBytes) => {
      const { node, pathOnly } = table.get("ftruncate", fd);
      if (pathOnly || node === null) throw errnoError("ftruncate", `fd ${fd}`, pathOnly ? EBADF : EINVAL);
      const cut = new Uint8Array(sizeBytes);
      cut.set(node.data.subarray(0, sizeBytes));
      node.data = cut;
    },
    pipe2: (flags) => {
      const pipe: Pipe = { bytes: new Uint8Array(0), readers: 1, writers: 1 };
      const end = (which: "read" | "write"): Fd =>
        table.add({ node: null, pipe, end: which, pathOnly: false, append: false, nonBlocking: (flags & O_NONBLOCK) !== 0, offset: 0 });
      return [end("read"), end("write")];
    },
    setNonBlocking: (fd, on) => {
      table.get("fcntl", fd).nonBlocking = on;
    },
    setCloseOnExec: (fd) => {
      table.get("fcntl", fd);
    },
    tryLock: (fd, exclusive) => {
      const holder = table.get("flock", fd);
      if (holder.node === null) throw errnoError("flock", `fd ${fd}`, EBADF);
      const others = holder.node.locks.filter((lock) => lock.holder !== holder);
      if (others.some((lock) => lock.exclusive || exclusive)) return false;
      holder.node.locks = [...others, { holder, exclusive }];
      return true;
    },
  };
}

function readPipe(pipe: Pipe, fd: Fd, into: Uint8Array): number {
  const bytes = pipe.bytes.subarray(0, into.length);
  if (bytes.length === 0 && pipe.writers > 0) throw errnoError("read", `fd ${fd}`, EAGAIN);
  into.set(bytes);
  pipe.bytes = pipe.bytes.slice(bytes.length);
  return bytes.length;
}

function writePipe(pipe: Pipe, fd: Fd, bytes: Uint8Array): number {
  if (pipe.readers === 0) throw errnoError("write", `fd ${fd}`, EPIPE);
  const taken = bytes.subarray(0, pipeBytes - pipe.bytes.length);
  if (taken.length === 0) throw errnoError("write", `fd ${fd}`, EAGAIN);
  pipe.bytes = Buffer.concat([pipe.bytes, taken]);
  return taken.length;
}
