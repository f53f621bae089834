import { fail } from "@berth/base";

/** Where an entry of an archive goes, below the folder it is unpacked into. */
export interface MemberPath {
  /** Names from that folder on; empty is the folder itself. */
  readonly parts: readonly string[];
  /** The folder that holds it, as a path below; empty is the folder itself. */
  readonly parent: string;
  readonly name: string;
}

/**
 * Cleans an entry's name: absolute names begin at the target folder, `.` and `a/..` go.
 * @param target the target folder as the user knows it, for the message
 * @throws invalid `"../x" is outside of "/target"`, in Docker's words; also for a NUL
 */
export function memberPath(name: string, target: string): MemberPath {
  if (name.includes("\0")) throw fail("invalid", `${JSON.stringify(name.slice(0, 200))} holds a NUL`);
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    // Above the root is the root.
    else if (parts.pop() === undefined && target !== "/" && !name.startsWith("/"))
      throw fail("invalid", `${quote(name)} is outside of ${quote(target)}`);
  }
  return { parts, parent: parts.slice(0, -1).join("/"), name: parts.at(-1) ?? "" };
}

/** Whether a relative link at `at` leads out of the target folder. Absolute ones are seen from inside and stay there. */
export function leadsOut(at: MemberPath, link: string): boolean {
  if (link.startsWith("/")) return false;
  let depth = at.parts.length - 1;
  for (const part of link.split("/")) {
    if (part === "" || part === ".") continue;
    depth += part === ".." ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}

export function quote(text: string): string {
  return JSON.stringify((text.length > 300 ? `${text.slice(0, 300)}…` : text).toWellFormed());
}
