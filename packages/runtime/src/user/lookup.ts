import { fail } from "@berth/base";
import {
  AT_FDCWD,
  isErrno,
  type Kernel,
  O_DIRECTORY,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
} from "@berth/linux";
import { type GroupEntry, parseGroups, parsePasswd, type PasswdEntry } from "./parse.ts";

/** Files of an image are not ours: only so much of them is read. */
const SIZE_MAX_BYTES = 16 * 1024 * 1024;
const ID_MAX = 2 ** 31 - 1;

/** Who a process runs as. `additionalGids` starts with the main group, as in Docker since CVE-2022-36109. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: number[];
  /** From the container's /etc/passwd; null when it does not say. */
  readonly home: string | null;
}

/**
 * Finds `-u name|uid[:group|gid]` and `--group-add` in the container's own /etc/passwd and /etc/group.
 * @throws invalid with Docker's words when a name is not there or a number out of range
 */
export function lookupUser(options: {
  readonly kernel: Kernel;
  readonly rootfs: string;
  readonly user: string;
  readonly groups: readonly string[];
}): ContainerUser {
  const root = options.kernel.openat2(AT_FDCWD, options.rootfs, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
  try {
    const passwd = parsePasswd(readInside(options.kernel, root, "etc/passwd"));
    const groups = parseGroups(readInside(options.kernel, root, "etc/group"));
    return resolveUser({ passwd, groups, user: options.user, add: options.groups });
  } finally {
    options.kernel.close(root);
  }
}

/** The pure part of {@link lookupUser}. */
export function resolveUser(options: {
  readonly passwd: readonly PasswdEntry[];
  readonly groups: readonly GroupEntry[];
  readonly user: string;
  readonly add: readonly string[];
}): ContainerUser {
  const [userPart = "", groupPart = ""] = options.user.split(":", 2);
  const wanted = userPart === "" ? "0" : userPart;
  const number = numeric(wanted);
  const entry = options.passwd.find((each) => each.name === userPart || (number !== null && each.uid === number));
  if (entry === undefined && number === null) throw fail("invalid", `unable to find user ${userPart}: no matching entries in passwd file`);
  const uid = inRange(entry?.uid ?? number ?? 0);
  const supplementary = groupPart === "" && entry !== undefined ? memberships(options.groups, entry.name) : [];
  const gid = groupPart === "" ? inRange(entry?.gid ?? 0) : groupId(options.groups, groupPart, "unable");
  const added = options.add.map((group) => groupId(options.groups, group, "Unable"));
  return { uid, gid, additionalGids: [...new Set([gid, ...supplementary, ...added])], home: entry?.home || null };
}

function memberships(groups: readonly GroupEntry[], user: string): number[] {
  return groups.filter((group) => group.members.includes(user)).map((group) => group.gid);
}

function groupId(groups: readonly GroupEntry[], wanted: string, verb: "unable" | "Unable"): number {
  const number = numeric(wanted);
  const group = groups.find((each) => each.name === wanted || (number !== null && each.gid === number));
  if (group !== undefined) return group.gid;
  if (number === null) throw fail("invalid", `${verb} to find group ${wanted}: no matching entries in group file`);
  return inRange(number);
}

function numeric(text: string): number | null {
  return /^-?\d+$/.test(text) ? Number(text) : null;
}

function inRange(id: number): number {
  if (id < 0 || id > ID_MAX) throw fail("invalid", `uids and gids must be in range 0-${ID_MAX}`);
  return id;
}

/** A file below `root`, whatever links lie on the way; empty when it is not there or no plain file. */
function readInside(kernel: Kernel, root: number, path: string): string {
  let fd: number;
  try {
    // Without O_NONBLOCK a FIFO put there by the image would stop the daemon.
    fd = kernel.openat2(root, path, { flags: O_RDONLY | O_NONBLOCK, resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS });
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP", "ENXIO"].some((code) => isErrno(error, code))) return "";
    throw error;
  }
  try {
    const parts: Uint8Array[] = [];
    let total = 0;
    while (total < SIZE_MAX_BYTES) {
      const part = new Uint8Array(64 * 1024);
      const length = kernel.read(fd, part);
      if (length === 0) break;
      parts.push(part.subarray(0, length));
      total += length;
    }
    return Buffer.concat(parts).toString("utf8");
  } catch (error) {
    if (isErrno(error, "EAGAIN") || isErrno(error, "EISDIR")) return "";
    throw error;
  } finally {
    kernel.close(fd);
  }
}
