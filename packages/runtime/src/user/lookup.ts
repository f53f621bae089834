import { fail, kindOf } from "@berth/base";
import { isErrno, type Kernel, openRooted, type RootedFolder } from "@berth/linux";
import { type GroupEntry, parseGroups, parsePasswd, type PasswdEntry } from "./parse.ts";

/** Files of an image are not ours: only so much of them is read, or reading them would stop the daemon for seconds. */
const SIZE_MAX_BYTES = 4 * 1024 * 1024;
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
  using root = openRooted(options.kernel, options.rootfs);
  const passwd = parsePasswd(readInside(root, "etc/passwd"));
  const groups = parseGroups(readInside(root, "etc/group"));
  return resolveUser({ passwd, groups, user: options.user, add: options.groups });
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

/** A file of the container; empty when it is not there or no plain file: a device that a container made is never opened. */
function readInside(root: RootedFolder, path: string): string {
  try {
    return Buffer.from(root.readFile(path, SIZE_MAX_BYTES)).toString("utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EISDIR") || kindOf(error) === "invalid") return "";
    if (kindOf(error) === "exhausted") throw fail("invalid", `/${path} of the container is larger than ${SIZE_MAX_BYTES} bytes`, error);
    throw error;
  }
}
