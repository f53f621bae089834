import { fail } from "@berth/base";
import type { MountSpec } from "@berth/spec";

/** Flags that contradict each other share a group; only the last of a group counts. */
const groups: readonly (readonly string[])[] = [
  ["sync", "async"],
  ["atime", "noatime"],
  ["dev", "nodev"],
  ["diratime", "nodiratime"],
  ["dirsync"],
  ["exec", "noexec"],
  ["mand", "nomand"],
  ["relatime", "norelatime"],
  ["ro", "rw"],
  ["strictatime", "nostrictatime"],
  ["suid", "nosuid"],
  ["remount"],
  ["bind", "rbind", "unbindable", "runbindable", "private", "rprivate", "shared", "rshared", "slave", "rslave"],
];
const groupOf = new Map(groups.flatMap((group, index) => group.map((name) => [name, `#${index}`] as const)));

/** Settings of tmpfs(5) with a value. */
const settings: ReadonlySet<string> = new Set(["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"]);

/**
 * Options of a tmpfs: the safe ones first, then what the container says; of contradicting ones the last.
 * @throws invalid for an option that tmpfs does not have
 */
export function tmpfsOptions(own: readonly string[]): string[] {
  const seen = new Set<string>();
  const merged: string[] = [];
  for (const option of ["noexec", "nosuid", "nodev", "rprivate", ...own].toReversed()) {
    if (option === "defaults" || option === "") continue;
    const name = option.split("=")[0] ?? "";
    const key = groupOf.get(option) ?? (option.includes("=") && settings.has(name) ? name : null);
    if (key === null) throw fail("invalid", `invalid tmpfs option ${JSON.stringify(name)}`);
    if (seen.has(key)) continue;
    seen.add(key);
    merged.unshift(option);
  }
  return merged;
}

/** Options of a mount of type tmpfs (`--mount type=tmpfs`), in the form of `--tmpfs`. */
export function tmpfsOptionsOf({
  Mode: mode = 0,
  SizeBytes: sizeBytes = 0,
  Options: options,
}: NonNullable<MountSpec["TmpfsOptions"]>): string[] {
  return [
    ...(mode === 0 ? [] : [`mode=${mode.toString(8)}`]),
    ...(sizeBytes === 0 ? [] : [`size=${shortSize(sizeBytes)}`]),
    ...(options ?? []).map((option) => option.join("=")),
  ];
}

function shortSize(bytes: number): string {
  let value = bytes;
  for (const suffix of ["", "k", "m"]) {
    if (value % 1024 !== 0) return `${value}${suffix}`;
    value /= 1024;
  }
  return `${value}g`;
}
