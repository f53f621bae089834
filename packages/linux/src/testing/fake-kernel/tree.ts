import {
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "../../kernel/constants.ts";
import { errnoError } from "../../kernel/system.ts";

/** A file in memory. */
export interface Node {
  readonly inode: bigint;
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  atimeNs: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  readonly major: number;
  readonly minor: number;
  readonly target: string;
  data: Uint8Array;
  readonly entries: Map<string, Node>;
  readonly xattrs: Map<string, Uint8Array>;
  parent: Node | null;
  locks: { readonly holder: object; readonly exclusive: boolean }[];
}

/** Where a path leads: the folder and name it ends at, and what is there. */
export interface Found {
  readonly parent: Node;
  readonly name: string;
  readonly node: Node | null;
}

/** A path to resolve, as openat2(2) does. */
export interface Lookup {
  readonly call: string;
  readonly start: Node;
  readonly path: string;
  readonly resolve: number;
  readonly followLast: boolean;
}

const mostLinks = 40;
const [ENOENT, EXDEV, ENOTDIR, ELOOP] = [2, 18, 20, 40];
let lastInode = 1n;

/** Makes a file of the type that `mode` says. */
export function newNode(mode: number, more: Partial<Pick<Node, "major" | "minor" | "target" | "parent">> = {}): Node {
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  return {
    inode: ++lastInode,
    mode: (mode & S_IFMT) === 0 ? mode | S_IFREG : mode,
    uid: 0,
    gid: 0,
    nlink: 1,
    atimeNs: nowNs,
    mtimeNs: nowNs,
    ctimeNs: nowNs,
    major: more.major ?? 0,
    minor: more.minor ?? 0,
    target: more.target ?? "",
    data: new Uint8Array(0),
    entries: new Map(),
    xattrs: new Map(),
    parent: more.parent ?? null,
    locks: [],
  };
}

export function isFolder(node: Node): boolean {
  return (node.mode & S_IFMT) === S_IFDIR;
}

export function isLink(node: Node): boolean {
  return (node.mode & S_IFMT) === S_IFLNK;
}

/** Resolves a path (path_resolution(7), openat2(2)); throws the kernel's errors. */
export function lookUp(top: Node, { call, start, path, resolve, followLast }: Lookup): Found {
  const confined = (resolve & (RESOLVE_IN_ROOT | RESOLVE_BENEATH)) !== 0;
  const root = confined ? start : top;
  const refuse = (errno: number): Error => errnoError(call, path, errno);
  let links = 0;
  let current = start;

  function enter(text: string): void {
    if (!text.startsWith("/")) return;
    if ((resolve & RESOLVE_BENEATH) !== 0) throw refuse(EXDEV);
    current = root;
  }

  function walk(text: string, last: boolean): Found {
    if (text === "") throw refuse(ENOENT);
    enter(text);
    const parts = text.split("/").filter((part) => part !== "" && part !== ".");
    const mustBeFolder = text.endsWith("/") || text.endsWith("/.");
    if (parts.length === 0) return { parent: current, name: ".", node: current };
    for (const [index, part] of parts.entries()) {
      if (!isFolder(current)) throw refuse(ENOTDIR);
      const final = index === parts.length - 1;
      const found = step(part, final && last && !mustBeFolder);
      if (final) return found;
      if (found.node === null) throw refuse(ENOENT);
      current = found.node;
    }
    throw refuse(ENOENT);
  }

  function step(part: string, last: boolean): Found {
    if (part === "..") {
      if (current === root && (resolve & RESOLVE_BENEATH) !== 0) throw refuse(EXDEV);
      const above = current === root ? current : (current.parent ?? current);
      return { parent: above, name: ".", node: above };
    }
    const parent = current;
    const node = parent.entries.get(part) ?? null;
    if (node === null || !isLink(node) || (last && !followLast)) return { parent, name: part, node };
    if ((resolve & RESOLVE_NO_SYMLINKS) !== 0 || ++links > mostLinks) throw refuse(ELOOP);
    return walk(node.target, last);
  }

  return walk(path, true);
}

/** `/proc/self/fd/N/rest`: its number and rest, unless magic links are refused. */
export function magicLink(path: string, resolve: number): { readonly fd: number; readonly rest: string } | null {
  const [, number, rest] = /^\/proc\/self\/fd\/(\d+)(?:\/(.*))?$/.exec(path) ?? [];
  if (number === undefined || (resolve & (RESOLVE_NO_MAGICLINKS | RESOLVE_IN_ROOT | RESOLVE_BENEATH)) !== 0) return null;
  return { fd: Number(number), rest: rest ?? "" };
}
