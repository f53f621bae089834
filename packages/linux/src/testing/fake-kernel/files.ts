import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_TRUNC,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "../../kernel/constants.ts";
import { errnoError } from "../../kernel/system.ts";
import type { Fd, Kernel } from "../../ports.ts";
import type { DescriptorTable } from "./descriptors.ts";
import { type Found, isFolder, isLink, lookUp, magicLink, type Node, newNode } from "./tree.ts";

const [EPERM, ENOENT, EEXIST, ENOTDIR, EISDIR, EINVAL, ENOTEMPTY, ELOOP, EOPNOTSUPP] = [1, 2, 17, 20, 21, 22, 39, 40, 95];
const accessMode = 3;
const blockBytes = 512;

type FileCalls = Pick<
  Kernel,
  | "openat2"
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
  | "readdir"
>;

/** Finds what `(dirfd, path)` names. */
export type Find = (
  call: string,
  at: { readonly dirfd: Fd; readonly path: string; readonly resolve?: number; readonly follow?: boolean },
) => Found;

/** The way paths are found in the fake: /proc/self/fd/N first, then the tree. */
export function finder(top: Node, table: DescriptorTable): Find {
  return (call, { dirfd, path, resolve = 0, follow = false }) => {
    if (path.includes("\0")) throw errnoError(call, path.replaceAll("\0", "\\0"), EINVAL);
    const magic = magicLink(path, resolve);
    const of = (fd: Fd): Node => table.get(call, fd).node ?? top;
    if (magic !== null && magic.rest === "") {
      const node = of(magic.fd);
      return { parent: node.parent ?? node, name: ".", node };
    }
    const start = magic === null ? (dirfd === AT_FDCWD ? top : of(dirfd)) : of(magic.fd);
    return lookUp(top, { call, start, path: magic?.rest ?? path, resolve, followLast: follow });
  };
}

/** File calls on a tree in memory. Nobody is refused for lack of rights: the fake is root. */
export function fakeFileCalls(top: Node, table: DescriptorTable): FileCalls {
  const find = finder(top, table);
  const need = (call: string, path: string, { node }: Found): Node => {
    if (node === null) throw errnoError(call, path, ENOENT);
    return node;
  };
  /** What a call with AT_EMPTY_PATH or AT_SYMLINK_NOFOLLOW names. */
  function named(call: string, at: { readonly dirfd: Fd; readonly path: string; readonly flags: number }): Node {
    const { dirfd, path, flags } = at;
    if (path === "" && (flags & AT_EMPTY_PATH) !== 0) return table.get(call, dirfd).node ?? top;
    return need(call, path, find(call, { dirfd, path, follow: (flags & AT_SYMLINK_NOFOLLOW) === 0 }));
  }
  function add(call: string, at: { readonly dirfd: Fd; readonly path: string }, node: Node): void {
    const found = find(call, at);
    if (found.node !== null) throw errnoError(call, at.path, EEXIST);
    found.parent.entries.set(found.name, node);
    node.parent = found.parent;
  }

  return {
    openat2: (dirfd, path, { flags, mode = 0, resolve }) => {
      const refuse = (errno: number): Error => errnoError("openat2", path, errno);
      const exclusive = (flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL);
      const found = find("openat2", { dirfd, path, resolve, follow: (flags & O_NOFOLLOW) === 0 && !exclusive });
      let { node } = found;
      if (node === null) {
        if ((flags & O_CREAT) === 0) throw refuse(ENOENT);
        node = newNode(S_IFREG | (mode & 0o7777), { parent: found.parent });
        found.parent.entries.set(found.name, node);
      } else if (exclusive) throw refuse(EEXIST);
      const pathOnly = (flags & O_PATH) !== 0;
      if (isLink(node) && !pathOnly) throw refuse(ELOOP);
      if ((flags & O_DIRECTORY) !== 0 && !isFolder(node)) throw refuse(ENOTDIR);
      if (isFolder(node) && !pathOnly && (flags & accessMode) !== 0) throw refuse(EISDIR);
      if ((flags & O_TRUNC) !== 0 && !pathOnly) node.data = new Uint8Array(0);
      const nonBlocking = (flags & O_NONBLOCK) !== 0;
      return table.add({ node, pipe: null, end: null, pathOnly, append: (flags & O_APPEND) !== 0, nonBlocking, offset: 0 });
    },
    mkdirat: (dirfd, path, mode) => add("mkdirat", { dirfd, path }, newNode(S_IFDIR | (mode & 0o7777))),
    mknodat: (dirfd, path, mode, major, minor) => add("mknodat", { dirfd, path }, newNode(mode, { major, minor })),
    symlinkat: (target, dirfd, path) => add("symlinkat", { dirfd, path }, newNode(S_IFLNK | 0o777, { target })),
    linkat: (olddirfd, oldpath, newdirfd, newpath, flags) => {
      const node =
        oldpath === "" && (flags & AT_EMPTY_PATH) !== 0
          ? (table.get("linkat", olddirfd).node ?? top)
          : need("linkat", oldpath, find("linkat", { dirfd: olddirfd, path: oldpath, follow: (flags & AT_SYMLINK_FOLLOW) !== 0 }));
      if (isFolder(node)) throw errnoError("linkat", newpath, EPERM);
      const parent = node.parent;
      add("linkat", { dirfd: newdirfd, path: newpath }, node);
      node.parent = parent;
      node.nlink++;
    },
    unlinkat: (dirfd, path, flags) => {
      const found = find("unlinkat", { dirfd, path });
      const node = need("unlinkat", path, found);
      const folder = (flags & AT_REMOVEDIR) !== 0;
      if (folder && !isFolder(node)) throw errnoError("unlinkat", path, ENOTDIR);
      if (!folder && isFolder(node)) throw errnoError("unlinkat", path, EISDIR);
      if (node.entries.size > 0) throw errnoError("unlinkat", path, ENOTEMPTY);
      found.parent.entries.delete(found.name);
      node.nlink--;
    },
    renameat2: (olddirfd, oldpath, newdirfd, newpath, flags) => {
      const from = find("renameat2", { dirfd: olddirfd, path: oldpath });
      const to = find("renameat2", { dirfd: newdirfd, path: newpath });
      const node = need("renameat2", newpath, from);
      refuseRename(newpath, node, to, flags);
      if (to.node === node) return;
      from.parent.entries.delete(from.name);
      if ((flags & RENAME_EXCHANGE) !== 0 && to.node !== null) {
        from.parent.entries.set(from.name, to.node);
        to.node.parent = from.parent;
      } else if (to.node !== null) to.node.nlink--;
      to.parent.entries.set(to.name, node);
      node.parent = to.parent;
    },
    readlinkat: (dirfd, path) => {
      const magic = magicLink(path, 0);
      if (magic !== null && magic.rest === "") return pathOf(top, table.get("readlinkat", magic.fd).node ?? top);
      const node = need("readlinkat", path, find("readlinkat", { dirfd, path }));
      if (!isLink(node)) throw errnoError("readlinkat", path, EINVAL);
      return node.target;
    },
    statx: (dirfd, path, flags) => {
      const node = named("statx", { dirfd, path, flags });
      const { mode, uid, gid, nlink, inode, mtimeNs, atimeNs, ctimeNs, major, minor } = node;
      const sizeBytes = isLink(node) ? Buffer.byteLength(node.target) : node.data.length;
      const blocks = Math.ceil(sizeBytes / blockBytes);
      return {
        mode,
        uid,
        gid,
        nlink,
        inode,
        mtimeNs,
        atimeNs,
        ctimeNs,
        sizeBytes,
        blocks,
        dev: 1n,
        mountId: 1n,
        rdevMajor: major,
        rdevMinor: minor,
      };
    },
    fchownat: (dirfd, path, uid, gid, flags) => {
      const node = named("fchownat", { dirfd, path, flags });
      node.uid = uid;
      node.gid = gid;
      if (!isFolder(node)) node.mode &= ~0o6000;
    },
    fchmodat: (dirfd, path, mode) => {
      const node = named("fchmodat", { dirfd, path, flags: path === "" ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW });
      if (isLink(node)) throw errnoError("fchmodat", path, EOPNOTSUPP);
      node.mode = (node.mode & S_IFMT) | (mode & 0o7777);
    },
    utimensat: (dirfd, path, atimeNs, mtimeNs, flags) => {
      const node = named("utimensat", { dirfd, path, flags });
      node.atimeNs = atimeNs;
      node.mtimeNs = mtimeNs;
    },
    readdir: (fd) => {
      const { node } = table.get("readdir", fd);
      if (node === null || !isFolder(node)) throw errnoError("openat2", `/proc/self/fd/${fd}`, ENOTDIR);
      return [...node.entries.keys()];
    },
  };
}

function refuseRename(path: string, node: Node, to: Found, flags: number): void {
  const refuse = (errno: number): Error => errnoError("renameat2", path, errno);
  for (let above: Node | null = to.parent; above !== null; above = above.parent) if (above === node) throw refuse(EINVAL);
  if ((flags & RENAME_EXCHANGE) !== 0) {
    if (to.node === null) throw refuse(ENOENT);
    return;
  }
  if (to.node === null) return;
  if ((flags & RENAME_NOREPLACE) !== 0) throw refuse(EEXIST);
  if (isFolder(to.node) && !isFolder(node)) throw refuse(EISDIR);
  if (!isFolder(to.node) && isFolder(node)) throw refuse(ENOTDIR);
  if (to.node.entries.size > 0) throw refuse(ENOTEMPTY);
}

function pathOf(top: Node, node: Node): string {
  if (node === top || node.parent === null) return "/";
  const name = [...node.parent.entries].find(([, each]) => each === node)?.[0];
  return name === undefined ? "(deleted)" : `${pathOf(top, node.parent).replace(/\/$/, "")}/${name}`;
}
