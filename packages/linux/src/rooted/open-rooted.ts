import { randomBytes } from "node:crypto";
import { fail } from "@berth/base";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
} from "../kernel/constants.ts";
import { errnoError, isErrno } from "../kernel/system.ts";
import { KernelError } from "../kernel-error.ts";
import type { Fd, FileStat, Kernel } from "../ports.ts";
import { makeFolders } from "./make-folders.ts";
import { own } from "./own.ts";
import type { Ownership, RootedFolder } from "./rooted-folder.ts";

const inRoot = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
const EISDIR = 21;

/** Opens a folder of the host as a {@link RootedFolder}; `path` itself is trusted. */
export function openRooted(kernel: Kernel, path: string): RootedFolder {
  const root = kernel.openat2(AT_FDCWD, path, { flags: O_PATH | O_DIRECTORY, resolve: 0 });

  /** Gives errors the path from the host's root on. */
  function named<T>(inside: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      const { call, errno, code, detail } = error;
      throw new KernelError({ call, errno, code, detail, path: whole(inside) });
    }
  }
  const whole = (inside: string): string => `${path.replace(/\/$/, "")}/${inside.replace(/^\/+/, "")}`;
  const open = (inside: string, flags: number, mode = 0): Fd =>
    kernel.openat2(root, inside === "" ? "." : inside, { flags, mode: (flags & O_CREAT) === 0 ? 0 : mode, resolve: inRoot });

  function openParent(inside: string): { fd: Fd; name: string } {
    const trimmed = inside.replace(/\/+$/, "");
    const slash = trimmed.lastIndexOf("/");
    const name = trimmed.slice(slash + 1);
    if (name === "" || name === "." || name === "..") throw fail("invalid", `Not the name of a file: ${JSON.stringify(inside)}`);
    return { fd: open(slash <= 0 ? "/" : trimmed.slice(0, slash), O_PATH | O_DIRECTORY), name };
  }

  function statOf(inside: string, flags: number): FileStat | null {
    let fd: Fd;
    try {
      fd = open(inside, O_PATH | flags);
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR")) return null;
      throw error;
    }
    return closing(kernel, fd, () => kernel.statx(fd, "", AT_EMPTY_PATH));
  }

  function openFile(inside: string): Fd {
    const found = open(inside, O_PATH);
    return closing(kernel, found, () => {
      const { mode } = kernel.statx(found, "", AT_EMPTY_PATH);
      if ((mode & S_IFMT) === S_IFDIR) throw errnoError("open", inside, EISDIR);
      if ((mode & S_IFMT) !== S_IFREG) throw fail("invalid", `${whole(inside)} is not a regular file`);
      // By descriptor: what was looked at is what is opened.
      return kernel.openat2(AT_FDCWD, `/proc/self/fd/${found}`, { flags: O_RDONLY | O_NOCTTY | O_NONBLOCK, resolve: 0 });
    });
  }

  function create(fd: Fd, name: string, owner: Ownership): Fd {
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    const file = kernel.openat2(fd, name, { flags, mode: 0o600, resolve: inRoot });
    try {
      own(kernel, file, owner);
      return file;
    } catch (error) {
      kernel.close(file);
      kernel.unlinkat(fd, name, 0);
      throw error;
    }
  }

  function createFile(inside: string, owner: Ownership): Fd {
    const parent = openParent(inside);
    return closing(kernel, parent.fd, () => {
      try {
        kernel.unlinkat(parent.fd, parent.name, 0);
      } catch (error) {
        if (!isErrno(error, "ENOENT")) throw error;
      }
      return create(parent.fd, parent.name, owner);
    });
  }

  function writeFile(inside: string, bytes: Uint8Array, owner: Ownership): void {
    const parent = openParent(inside);
    closing(kernel, parent.fd, () => {
      const temporary = `.berth-${randomBytes(8).toString("hex")}`;
      const file = create(parent.fd, temporary, owner);
      try {
        closing(kernel, file, () => writeAll(kernel, file, bytes));
        kernel.renameat2(parent.fd, temporary, parent.fd, parent.name, 0);
      } catch (error) {
        kernel.unlinkat(parent.fd, temporary, 0);
        throw error;
      }
    });
  }

  function resolve(inside: string): string {
    const fd = open(inside, O_PATH);
    const [outside, own] = closing(kernel, fd, () => [linkOf(kernel, fd), linkOf(kernel, root)]);
    if (own === "/") return outside;
    if (!`${outside}/`.startsWith(`${own}/`)) throw fail("conflict", `${whole(inside)} was moved while it was looked at`);
    return outside.slice(own.length) || "/";
  }

  let closed = false;
  function close(): void {
    // The number may be somebody else's by the second time.
    if (!closed) kernel.close(root);
    closed = true;
  }

  const folder: RootedFolder = {
    path,
    fd: root,
    open: (inside, flags, mode) => named(inside, () => open(inside, flags, mode)),
    openParent: (inside) => named(inside, () => openParent(inside)),
    openFile: (inside) => named(inside, () => openFile(inside)),
    readFile: (inside, maxBytes) =>
      named(inside, () => {
        const fd = openFile(inside);
        return closing(kernel, fd, () => readAll(kernel, fd, maxBytes, whole(inside)));
      }),
    writeFile: (inside, bytes, owner) => named(inside, () => writeFile(inside, bytes, owner)),
    createFile: (inside, owner) => named(inside, () => createFile(inside, owner)),
    makeFolders: (inside, owner) => named(inside, () => makeFolders(kernel, root, inside, owner)),
    makeParents: (inside, owner) =>
      named(inside, () => makeFolders(kernel, root, inside.replace(/\/+$/, "").split("/").slice(0, -1).join("/"), owner)),
    lstat: (inside) => named(inside, () => statOf(inside, O_NOFOLLOW)),
    stat: (inside) => named(inside, () => statOf(inside, 0)),
    exists: (inside) => named(inside, () => statOf(inside, O_NOFOLLOW) !== null),
    isFolder: (inside) => named(inside, () => ((statOf(inside, 0)?.mode ?? 0) & S_IFMT) === S_IFDIR),
    list: (inside) =>
      named(inside, () => {
        const fd = open(inside, O_PATH | O_DIRECTORY);
        return closing(kernel, fd, () => kernel.readdir(fd).sort());
      }),
    resolve: (inside) => named(inside, () => resolve(inside)),
    close,
    [Symbol.dispose]: close,
  };
  return folder;
}

/** Runs `work` and closes `fd` whatever happens. */
function closing<T>(kernel: Kernel, fd: Fd, work: () => T): T {
  try {
    return work();
  } finally {
    kernel.close(fd);
  }
}

function writeAll(kernel: Kernel, fd: Fd, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += kernel.write(fd, bytes.subarray(done));
}

function readAll(kernel: Kernel, fd: Fd, maxBytes: number, name: string): Uint8Array {
  // The size may be a lie (/proc) or change; it only says how much to start with.
  const { sizeBytes } = kernel.statx(fd, "", AT_EMPTY_PATH);
  let into = new Uint8Array(Math.min(sizeBytes, maxBytes) + 1);
  let length = 0;
  for (;;) {
    const more = kernel.read(fd, into.subarray(length));
    length += more;
    if (length > maxBytes) throw fail("exhausted", `${name} is larger than ${maxBytes} bytes`);
    if (more === 0) return into.subarray(0, length);
    if (length === into.length) {
      const larger = new Uint8Array(Math.min(into.length * 2 + 4096, maxBytes + 1));
      larger.set(into);
      into = larger;
    }
  }
}

function linkOf(kernel: Kernel, fd: Fd): string {
  return kernel.readlinkat(AT_FDCWD, `/proc/self/fd/${fd}`);
}
