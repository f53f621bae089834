import { fail } from "@berth/base";
import type { ContainerChangeLine, ContainerChangeRequest, MountSpec } from "@berth/spec";
import type { Core } from "../../core.ts";
import { resolveMounts } from "../../mounts/resolve-mounts.ts";
import { cleanPath } from "../create/check-config.ts";
import type { MountRecord } from "../record.ts";
import type { Settings } from "./progress.ts";

/**
 * Mounts with what a request removes (by the path inside) and adds. What stays keeps its volume, anonymous ones too; what is
 * taken away is only no longer mounted. Throws invalid and not-found.
 */
export function changeMounts(core: Core, settings: Settings, request: ContainerChangeRequest, lines: ContainerChangeLine[]): Settings {
  let now = settings;
  for (const target of request.MountsRemove ?? []) now = without(now, cleanPath(target), lines);
  const binds = request.BindsAdd ?? [];
  const specs = request.MountsAdd ?? [];
  if (binds.length === 0 && specs.length === 0) return now;
  const added = resolveMounts({
    config: { ...now.config, Volumes: null },
    host: { ...now.hostConfig, Binds: [...binds], Mounts: [...specs], VolumesFrom: null },
    volumesRoot: core.volumes.root,
    lookup: (reference) => core.records.lookup(reference),
  });
  for (const mount of added) {
    if (now.mounts.some((each) => each.destination === mount.destination)) {
      throw fail("invalid", `Duplicate mount point: ${mount.destination}; remove what is mounted there in the same change`);
    }
    lines.push({ Kind: "mount", Action: "add", Value: textOf(mount) });
  }
  const { hostConfig } = now;
  return {
    config: now.config,
    mounts: [...now.mounts, ...added],
    hostConfig: {
      ...hostConfig,
      ...(binds.length === 0 ? {} : { Binds: [...(hostConfig.Binds ?? []), ...binds] }),
      ...(specs.length === 0 ? {} : { Mounts: [...(hostConfig.Mounts ?? []), ...specs] }),
    },
  };
}

function without(settings: Settings, target: string, lines: ContainerChangeLine[]): Settings {
  const { config, hostConfig, mounts } = settings;
  const gone = mounts.find((mount) => mount.destination === target);
  const tmpfs = Object.keys(hostConfig.Tmpfs ?? {}).filter((path) => cleanPath(path) === target);
  if (gone === undefined && tmpfs.length === 0) throw fail("invalid", `nothing is mounted at ${target}`);
  lines.push({ Kind: "mount", Action: "remove", Value: gone === undefined ? `tmpfs:${target}` : textOf(gone) });
  const left = mounts.filter((mount) => mount !== gone);
  const specs = (hostConfig.Mounts ?? []).filter((spec: MountSpec) => cleanPath(spec.Target) !== target);
  const { Mounts: _mounts, Tmpfs: _tmpfs, ...rest } = hostConfig;
  return {
    mounts: left,
    config: { ...config, Volumes: config.Volumes === null ? null : withoutKeys(config.Volumes, (path) => cleanPath(path) === target) },
    hostConfig: {
      ...rest,
      Binds: hostConfig.Binds?.filter((bind) => cleanPath(bind.split(":")[1] ?? "/") !== target) ?? null,
      ...(specs.length === 0 ? {} : { Mounts: specs }),
      ...(hostConfig.Tmpfs === undefined ? {} : { Tmpfs: withoutKeys(hostConfig.Tmpfs, (path) => tmpfs.includes(path)) }),
    },
  };
}

function withoutKeys<T>(map: Readonly<Record<string, T>>, isGone: (key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !isGone(key)));
}

function textOf(mount: MountRecord): string {
  const from = mount.type === "volume" ? (mount.anonymous ? "(new volume)" : mount.name) : mount.type === "tmpfs" ? "tmpfs" : mount.source;
  return `${from}:${mount.destination}${mount.rw ? "" : ":ro"}`;
}
