import { fail, newId } from "@berth/base";
import type { ContainerConfig, HostConfig } from "@berth/spec";
import { cleanPath } from "../containers/create/check-config.ts";
import type { ContainerRecord, MountRecord } from "../containers/record.ts";
import { checkTarget, parseBind } from "./parse-bind.ts";
import { parseMount } from "./parse-mount.ts";

/**
 * All mounts of a container in Docker's order: volumes of other containers, `-v`, `--mount`, then an anonymous volume
 * for each path that config or image declare. Later kinds replace volumes of other containers; anything else twice is
 * refused. Names anonymous volumes, makes nothing. Throws invalid and not-found with Docker's words.
 */
export function resolveMounts(options: {
  readonly config: ContainerConfig;
  readonly host: HostConfig;
  readonly volumesRoot: string;
  readonly lookup: (reference: string) => ContainerRecord;
}): readonly MountRecord[] {
  const { config, host, volumesRoot } = options;
  const found = new Map<string, MountRecord>();
  const own = new Set<string>();
  for (const path of Object.keys(host.Tmpfs ?? {})) {
    const problem = checkTarget(path);
    if (problem !== null) throw fail("invalid", `invalid mount config for type "tmpfs": ${problem}`);
    own.add(cleanPath(path));
  }
  for (const entry of host.VolumesFrom ?? []) {
    for (const mount of mountsFrom(entry, options.lookup)) found.set(mount.destination, mount);
  }
  const add = (mount: MountRecord): void => {
    if (mount.source.includes("\0")) throw fail("invalid", `invalid mount source for ${mount.destination}: it contains a NUL character`);
    if (own.has(mount.destination)) throw fail("invalid", `Duplicate mount point: ${mount.destination}`);
    own.add(mount.destination);
    found.set(mount.destination, mount);
  };
  for (const raw of host.Binds ?? []) add(named(parseBind(raw, volumesRoot), volumesRoot));
  for (const spec of host.Mounts ?? []) add(named(parseMount(spec, volumesRoot), volumesRoot));
  for (const path of Object.keys(config.Volumes ?? {})) {
    const problem = checkTarget(path);
    if (problem !== null)
      throw fail("invalid", `invalid volume specification: '${path}': invalid mount config for type "volume": ${problem}`);
    const destination = cleanPath(path);
    if (own.has(destination) || found.has(destination)) continue;
    found.set(destination, named(anonymousVolume(destination), volumesRoot));
  }
  return [...found.values()];
}

function anonymousVolume(destination: string): MountRecord {
  return {
    type: "volume",
    name: "",
    source: "",
    destination,
    driver: "local",
    mode: "",
    rw: true,
    propagation: "",
    copyUp: true,
    anonymous: true,
    createSource: false,
    options: [],
  };
}

function named(mount: MountRecord, volumesRoot: string): MountRecord {
  if (mount.type !== "volume" || mount.name !== "") return mount;
  const name = newId();
  return { ...mount, name, source: `${volumesRoot}/${name}/_data` };
}

function mountsFrom(entry: string, lookup: (reference: string) => ContainerRecord): MountRecord[] {
  const [reference = "", mode = "rw"] = entry.split(":");
  if (reference === "") throw fail("invalid", "malformed volumes-from specification: ");
  if (!/^(rw|ro|z|Z)(,(rw|ro|z|Z))?$/.test(mode)) throw fail("invalid", `invalid mode: ${mode}`);
  const readOnly = mode.split(",").includes("ro");
  // A volume that two containers use is no longer only the second one's: it goes with its first owner.
  return lookup(reference)
    .mounts.filter((mount) => mount.type !== "tmpfs")
    .map((mount) => ({ ...mount, rw: mount.rw && !readOnly, anonymous: false }));
}
