import type { RuntimeMount } from "@berth/spec";
import { INIT_TARGET } from "./process.ts";
import type { SpecMount, SpecRequest } from "./request.ts";
import { tmpfsOptions } from "./tmpfs.ts";

/** File systems that every container has. */
const defaults: readonly Required<RuntimeMount>[] = [
  { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
  { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"] },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
  { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid", "noexec", "nodev"] },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
  { destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "noexec", "nodev", "mode=1777"] },
];

/** They stay writable under a read-only root. */
const alwaysWritable: ReadonlySet<string> = new Set(["/proc", "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev"]);

/**
 * All mounts in the order they are made: the defaults but for those the container replaces, then its own, parents first.
 * `binds` are the container's own binds, for their propagation.
 */
export function buildMounts(request: SpecRequest): { readonly mounts: RuntimeMount[]; readonly binds: readonly SpecMount[] } {
  const { hostConfig, protection } = request;
  const own = ownMounts(request);
  const replaced = new Set(own.map((mount) => mount.destination));
  let mounts = defaults.filter((mount) => {
    if (replaced.has(mount.destination)) return false;
    // Whoever brings a /dev brings what is below it.
    if (replaced.has("/dev") && mount.destination.startsWith("/dev/")) return false;
    return mount.destination !== "/dev/shm" || hostConfig.IpcMode !== "none";
  });
  mounts = mounts.map((mount) =>
    mount.destination === "/dev/shm" ? { ...mount, options: [...mount.options, `size=${hostConfig.ShmSize}`] } : mount,
  );
  if (request.initPath !== null && !replaced.has(INIT_TARGET)) {
    mounts.push({ destination: INIT_TARGET, type: "bind", source: request.initPath, options: ["bind", "ro"] });
  }
  mounts.push(...own.map(ownMount));
  if (hostConfig.ReadonlyRootfs) {
    mounts = mounts.map((mount) =>
      alwaysWritable.has(mount.destination) || replaced.has(mount.destination) || mount.options.includes("ro")
        ? mount
        : { ...mount, options: [...mount.options, "ro"] },
    );
  }
  if (protection.writableSys) mounts = mounts.map((mount) => (mount.destination === "/sys" ? writable(mount) : mount));
  if (protection.writableCgroups) mounts = mounts.map((mount) => (mount.type === "cgroup" ? writable(mount) : mount));
  return { mounts, binds: own.filter((mount) => mount.type === "bind") };
}

/** The container's own mounts, fewest path parts first, so that none hides another; otherwise as they came. */
function ownMounts(request: SpecRequest): SpecMount[] {
  const plain = { source: "", readOnly: false, propagation: "", nonRecursive: false, recursiveReadOnly: false, tmpfsOptions: [] };
  const own: SpecMount[] = [...request.mounts];
  if (request.shmSource !== null && !own.some((mount) => mount.destination === "/dev/shm")) {
    own.push({ ...plain, type: "bind", source: request.shmSource, destination: "/dev/shm", propagation: "rprivate" });
  }
  for (const [destination, options] of Object.entries(request.hostConfig.Tmpfs ?? {})) {
    own.push({ ...plain, type: "tmpfs", destination, tmpfsOptions: options.split(",") });
  }
  return own.toSorted((a, b) => parts(a.destination) - parts(b.destination));
}

function parts(path: string): number {
  return path.split("/").filter((part) => part !== "").length;
}

function ownMount(mount: SpecMount): Required<RuntimeMount> {
  if (mount.type === "tmpfs") {
    return { destination: mount.destination, type: "tmpfs", source: "tmpfs", options: tmpfsOptions(mount.tmpfsOptions) };
  }
  const options = [mount.nonRecursive ? "bind" : "rbind"];
  if (mount.readOnly) options.push(mount.recursiveReadOnly ? "rro" : "ro");
  if (mount.propagation !== "") options.push(mount.propagation);
  return { destination: mount.destination, type: "bind", source: mount.source, options };
}

function writable(mount: Required<RuntimeMount>): Required<RuntimeMount> {
  return { ...mount, options: mount.options.filter((option) => option !== "ro") };
}
