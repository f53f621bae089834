import { readFileSync, realpathSync } from "node:fs";
import { fail } from "@berth/base";
import type { SpecMount } from "./request.ts";

/** Which events of mounting pass over a mount (mountinfo's optional fields, proc(5)). */
interface MountPoint {
  readonly path: string;
  readonly shared: boolean;
  readonly slave: boolean;
}

/**
 * How the container's root must be mounted for the propagation its binds ask for; null leaves it to the runtime.
 * @throws invalid with Docker's words when the source's own mount does not pass events on
 */
export function rootPropagation(binds: readonly Pick<SpecMount, "source" | "propagation">[]): string | null {
  const asking = binds.filter((bind) => /^r?(shared|slave)$/.test(bind.propagation));
  if (asking.length === 0) return null;
  const table = readMountTable();
  let root: string | null = null;
  for (const bind of asking) {
    const on = mountOf(table, bind.source);
    if (bind.propagation.endsWith("shared")) {
      if (!on.shared) throw fail("invalid", `path ${bind.source} is mounted on ${on.path} but it is not a shared mount`);
      root = "shared";
    } else {
      if (!on.shared && !on.slave)
        throw fail("invalid", `path ${bind.source} is mounted on ${on.path} but it is not a shared or slave mount`);
      root ??= "rslave";
    }
  }
  return root;
}

function readMountTable(): MountPoint[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [before = ""] = line.split(" - ");
      const fields = before.split(" ");
      const optional = fields.slice(6);
      return {
        path: unescape(fields[4] ?? "/"),
        shared: optional.some((field) => field.startsWith("shared:")),
        slave: optional.some((field) => field.startsWith("master:")),
      };
    });
}

/** The mount that a path is on: the longest one, and of those the latest. */
function mountOf(table: readonly MountPoint[], source: string): MountPoint {
  const path = realpathSync(source);
  let best: MountPoint = { path: "/", shared: false, slave: false };
  for (const mount of table) {
    const within = mount.path === "/" || path === mount.path || path.startsWith(`${mount.path}/`);
    if (within && mount.path.length >= best.path.length) best = mount;
  }
  return best;
}

/** Spaces, tabs, newlines and backslashes are written as \040 and so on. */
function unescape(field: string): string {
  return field.replace(/\\(\d{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
