import { posix } from "node:path";

/** One side of a copy: a path on this machine, or one in a container. */
export interface Side {
  /** Empty for a path on this machine. */
  readonly container: string;
  readonly path: string;
}

/** `CONTAINER:PATH`, or a path here: one that begins with `/` or `.` always is, whatever colons it holds. */
export function sideOf(text: string): Side {
  const colon = text.indexOf(":");
  if (colon < 0 || /^[./]/.test(text)) return { container: "", path: text };
  return { container: text.slice(0, colon), path: text.slice(colon + 1) };
}

/** Whether a path says that it is a folder: it ends with `/` or `/.`. */
export function saysFolder(path: string): boolean {
  return path.endsWith("/") || posix.basename(path) === ".";
}

/** A cleaned path with the `/` or `/.` at the end that the given one had. */
export function keepEnding(clean: string, given: string): string {
  const dot = given === "." || given.endsWith("/.");
  if (dot && posix.basename(clean) !== ".") return clean.endsWith("/") ? `${clean}.` : `${clean}/.`;
  return given.endsWith("/") && !clean.endsWith("/") ? `${clean}/` : clean;
}

/** Folder and last part; a last part `.` stays one. */
export function splitPath(path: string): { readonly folder: string; readonly base: string } {
  const clean = posix.normalize(path).replace(/(.)\/+$/, "$1");
  if ((path === "." || path.endsWith("/.")) && clean !== ".") return { folder: clean, base: "." };
  return { folder: posix.dirname(clean), base: posix.basename(clean) || "/" };
}

/** The path behind a link with the given one's ending, and the name that the copy has nevertheless; empty when it is the same. */
export function behindLink(given: string, target: string): { readonly path: string; readonly name: string } {
  const path = keepEnding(target, given);
  const [wanted, found] = [posix.basename(given), posix.basename(path)];
  return { path, name: wanted === found ? "" : wanted };
}

/** A copy's source and target as far as they decide where it goes. */
export interface CopyPlan {
  /** Folder that the archive is unpacked into. */
  readonly folder: string;
  /** Other names for the archive's entries. */
  readonly rename: (name: string) => string;
}

/** What is at one end of a copy. */
export interface End {
  readonly path: string;
  readonly exists: boolean;
  readonly isFolder: boolean;
}

/**
 * Where a copy goes, by Docker's rules: into a folder that is there; else it takes the target's name.
 * @param source `name` is what its entries begin with
 * @throws Error `cannot copy directory`, `no such directory`
 */
export function planCopy(source: { readonly name: string; readonly isFolder: boolean }, target: End): CopyPlan {
  if (target.exists && target.isFolder) return { folder: target.path, rename: (name) => name };
  if (target.exists && source.isFolder) throw new Error("cannot copy directory");
  if (!target.exists && !source.isFolder && saysFolder(target.path)) throw new Error("no such directory");
  const { folder, base } = splitPath(target.path);
  return { folder, rename: renamer(source.name, base) };
}

/** Puts `to` in the place of `from` at the beginning of names. */
export function renamer(from: string, to: string): (name: string) => string {
  const [old, now] = [from.replace(/\/+$/, ""), to.replace(/\/+$/, "")];
  if (old === "") return (name) => (now === "" ? name.replace(/^\/+/, "") : `${now}/${name.replace(/^\/+/, "")}`);
  return (name) => (name === old || name.startsWith(`${old}/`) ? now + name.slice(old.length) : name);
}
