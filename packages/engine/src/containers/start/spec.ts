import type { Sandbox } from "@berth/network";
import { buildRuntimeSpec, type SpecMount } from "@berth/runtime";
import type { RuntimeSpec } from "@berth/spec";
import { type Core, cgroupPath, containerFolder } from "../../core.ts";
import { protectionRequest } from "../create.ts";
import type { ContainerRecord, MountRecord } from "../record.ts";
import { etcFiles } from "./etc-files.ts";
import { joinedNamespaces } from "./joins.ts";

/** The OCI config of a container that is about to start, and its cgroup. Throws with Docker's words (no such user, bad device, …). */
export function containerSpec(
  core: Core,
  record: ContainerRecord,
  sandbox: Sandbox,
): { readonly spec: RuntimeSpec; readonly cgroup: string } {
  const { hostConfig, config } = record;
  const joined = joinedNamespaces(core, record);
  const cgroup = cgroupPath(core, record);
  const wantsInit = hostConfig.Init ?? core.settings.init;
  const spec = buildRuntimeSpec({
    id: record.id,
    rootfs: `${containerFolder(core, record.id)}/rootfs`,
    config,
    hostConfig: { ...hostConfig, Ulimits: mergeUlimits(core, record) },
    protection: core.security.protect(protectionRequest(hostConfig)),
    mounts: [...etcMounts(core, record), ...record.mounts.map(specMount)],
    namespaces: { network: sandbox.namespacePath, pid: joined.pid, ipc: joined.ipc },
    ownNetwork: !/^(host$|container:)/.test(hostConfig.NetworkMode),
    shmSource: joined.shm,
    initPath: wantsInit ? core.settings.initPath : null,
    cgroupPath: cgroup,
    kernel: core.kernel,
  });
  return { spec, cgroup };
}

/** The limits of a container's programs: its own, and the daemon's for what it says nothing about. */
export function mergeUlimits(core: Pick<Core, "settings">, record: ContainerRecord): ContainerRecord["hostConfig"]["Ulimits"] {
  const own = record.hostConfig.Ulimits ?? [];
  const named = new Set(own.map((limit) => limit.Name));
  const merged = [...own, ...core.settings.defaultUlimits.filter((limit) => !named.has(limit.Name))];
  return merged.length === 0 ? null : merged;
}

function etcMounts(core: Core, record: ContainerRecord): SpecMount[] {
  const files = etcFiles(core, record);
  const taken = new Set(record.mounts.map((mount) => mount.destination));
  return [
    ["/etc/resolv.conf", files.resolvConf],
    ["/etc/hostname", files.hostname],
    ["/etc/hosts", files.hosts],
  ]
    .filter(([destination = ""]) => !taken.has(destination))
    .map(([destination = "", source = ""]) => ({
      ...plain,
      type: "bind",
      source,
      destination,
      readOnly: record.hostConfig.ReadonlyRootfs,
    }));
}

const plain = { readOnly: false, propagation: "rprivate", nonRecursive: false, recursiveReadOnly: false, tmpfsOptions: [] } as const;

function specMount(mount: MountRecord): SpecMount {
  if (mount.type === "tmpfs") {
    return {
      ...plain,
      type: "tmpfs",
      source: "",
      destination: mount.destination,
      readOnly: !mount.rw,
      tmpfsOptions: mount.rw ? mount.options : ["ro", ...mount.options],
    };
  }
  return {
    ...plain,
    type: "bind",
    source: mount.source,
    destination: mount.destination,
    readOnly: !mount.rw,
    propagation: mount.propagation === "" ? "rprivate" : mount.propagation,
    nonRecursive: mount.options.includes("bind"),
  };
}
