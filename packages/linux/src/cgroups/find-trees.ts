import { fail } from "@berth/base";
import type { CgroupVersion } from "../ports.ts";

/** One mounted hierarchy. */
export interface CgroupTree {
  readonly version: 1 | 2;
  /** Where it is mounted, e.g. /sys/fs/cgroup/cpu. */
  readonly mountPoint: string;
  /** The cgroup that is seen there: `/`, or the daemon's own when it runs in a container. */
  readonly mountRoot: string;
  /** v1: its controllers, or `name=systemd`; none for v2, whose controllers come and go. */
  readonly controllers: readonly string[];
}

/** What the host has mounted. */
export interface CgroupTrees {
  readonly version: CgroupVersion;
  readonly trees: readonly CgroupTree[];
}

/** Options of a v1 mount that are no controllers. */
const notControllers = new Set(["rw", "ro", "xattr", "noprefix", "clone_children", "seclabel", "release_agent", "none"]);

/**
 * Finds the hierarchies in the text of /proc/self/mountinfo (proc(5)); the first mount of each counts.
 * @throws BerthError unavailable when there is none
 */
export function findTrees(mountinfo: string): CgroupTrees {
  const found = new Map<string, CgroupTree>();
  for (const line of mountinfo.split("\n")) {
    const [mount = "", filesystem = ""] = line.split(" - ");
    const [, , , mountRoot = "/", mountPoint = ""] = mount.split(" ").map(unescape);
    const [type, , options = ""] = filesystem.split(" ");
    if (type === "cgroup2") {
      if (!found.has("")) found.set("", { version: 2, mountPoint, mountRoot, controllers: [] });
    } else if (type === "cgroup") {
      const controllers = options.split(",").filter((option) => !notControllers.has(option) && !option.startsWith("release_agent="));
      const key = [...controllers].sort().join(",");
      if (key !== "" && !found.has(key)) found.set(key, { version: 1, mountPoint, mountRoot, controllers });
    }
  }
  const trees = [...found.values()];
  const hasV1 = trees.some((tree) => tree.version === 1);
  const hasV2 = found.has("");
  if (!hasV1 && !hasV2) throw fail("unavailable", "No control groups are mounted below /sys/fs/cgroup: mount cgroup2 there.");
  return { version: hasV1 ? (hasV2 ? "hybrid" : "v1") : "v2", trees };
}

/** mountinfo writes space, tab, newline and backslash as octal. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_match, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
