import type { CgroupUsage } from "../ports.ts";
import { type CgroupHost, checkPath, folderOf, treeOf } from "./host.ts";

/** What a container uses now. */
export function readUsage(host: CgroupHost, path: string): CgroupUsage {
  checkPath(path);
  return {
    cpuNs: cpuNs(host, path),
    memoryBytes: either(host, path, "memory", "memory.usage_in_bytes", "memory.current"),
    pids: either(host, path, "pids", "pids.current", "pids.current"),
    ...outOfMemory(host, path),
  };
}

function cpuNs(host: CgroupHost, path: string): number | null {
  const tree = treeOf(host, "cpuacct");
  if (tree === null) return null;
  const folder = folderOf(tree, path);
  if (tree.version === 1) return numberOf(host.files.read(`${folder}/cpuacct.usage`));
  const usec = field(host.files.read(`${folder}/cpu.stat`), "usage_usec ");
  return usec === null ? null : usec * 1000;
}

function outOfMemory(host: CgroupHost, path: string): Pick<CgroupUsage, "oomKills" | "underOom"> {
  const tree = treeOf(host, "memory");
  if (tree === null) return { oomKills: null, underOom: null };
  const folder = folderOf(tree, path);
  const text = host.files.read(tree.version === 1 ? `${folder}/memory.oom_control` : `${folder}/memory.events`);
  const under = tree.version === 1 ? field(text, "under_oom ") : null;
  return { oomKills: field(text, "oom_kill "), underOom: under === null ? null : under > 0 };
}

function either(host: CgroupHost, path: string, controller: string, v1: string, v2: string): number | null {
  const tree = treeOf(host, controller);
  return tree === null ? null : numberOf(host.files.read(`${folderOf(tree, path)}/${tree.version === 1 ? v1 : v2}`));
}

function numberOf(text: string | null): number | null {
  const number = text === null ? Number.NaN : Number.parseInt(text, 10);
  return Number.isNaN(number) ? null : number;
}

/** The number after a key that starts a line. */
function field(text: string | null, key: string): number | null {
  if (text === null) return null;
  const at = text.startsWith(key) ? 0 : text.indexOf(`\n${key}`);
  return at < 0 ? null : numberOf(text.slice(text.indexOf(key, at) + key.length));
}
