import path from "node:path";
import { messageOf } from "@berth/base";
import type { Blocking } from "../ports.ts";
import type { CgroupHost } from "./host.ts";
import { isErrno } from "../kernel/system.ts";

/** MS_NOSUID, MS_NODEV, MS_NOEXEC and MS_RELATIME, as every init system mounts them. */
const mountFlags = 2 | 4 | 8 | 0x200000;

/** Mounts each controller of a hybrid host's v2 tree as v1, beside the others. Returns those mounted. */
export async function completeHybrid(host: CgroupHost, blocking: Pick<Blocking, "mount">): Promise<readonly string[]> {
  const { version, trees } = host.mounted();
  if (version !== "hybrid") return [];
  const unified = trees.find((tree) => tree.version === 2);
  const beside = trees.find((tree) => tree.version === 1);
  if (unified === undefined || beside === undefined) return [];
  const names = (host.files.read(`${unified.mountPoint}/cgroup.controllers`) ?? "").split(/\s+/).filter((name) => name !== "");
  const controllers = new Set([...names, ...unmounted(host)]);
  const mounted: string[] = [];
  for (const name of controllers) {
    const target = path.join(path.dirname(beside.mountPoint), name);
    let made = false;
    try {
      made = host.files.mkdir(target);
      await blocking.mount("cgroup", target, "cgroup", mountFlags, name);
      mounted.push(name);
    } catch (error) {
      // EBUSY: some cgroup of the v2 tree uses it (a systemd unit with limits); it cannot be taken away from there.
      const reason = isErrno(error, "EBUSY") ? "in use in the v2 tree" : messageOf(error);
      host.log.warn("control group controller cannot be mounted as v1", { controller: name, target, reason });
      if (made) host.files.rmdir(target);
    }
  }
  return mounted;
}

/**
 * Controllers that already belong to a v1 hierarchy which is mounted nowhere here (its cgroups keep it alive). A runtime
 * would take the empty mount point for the hierarchy and leave plain folders there.
 */
function unmounted(host: CgroupHost): string[] {
  const mounted = new Set(host.mounted().trees.flatMap((tree) => tree.controllers));
  const lines = (host.files.read(`${host.proc}/cgroups`) ?? "").split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.flatMap((line) => {
    // Name, number of the hierarchy (0 is v2), cgroups, enabled.
    const [name = "", hierarchy = "0", , enabled = "0"] = line.split(/\s+/);
    return hierarchy !== "0" && enabled === "1" && !mounted.has(name) ? [name] : [];
  });
}
