import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Layout } from "../layout.ts";

/** A monitor or runtime process that works for a container of this exec root. */
export interface StrayProcess {
  readonly pid: number;
  readonly id: string;
  /** It is a runtime that makes a checkpoint. */
  readonly dumps: boolean;
}

/**
 * Processes of conmon, crun and runc that were started with this exec root's folders. A daemon that was killed may have
 * left them in any state, without a pid file yet.
 */
export function findProcesses(layout: Layout): StrayProcess[] {
  const found: StrayProcess[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const words = commandLine(name);
    const program = path.basename(words[0] ?? "");
    const root = words.indexOf("--root");
    if (program === "conmon") {
      if (words[words.indexOf("--exit-dir") + 1] === layout.exits)
        found.push({ pid: Number(name), id: words[words.indexOf("--cid") + 1] ?? "", dumps: false });
    } else if (root > 0 && words[root + 1] === layout.state) {
      found.push({ pid: Number(name), id: words.at(-1) ?? "", dumps: words[root + 2] === "checkpoint" });
    }
  }
  return found;
}

/** Runtime processes that were started for one exec, by its folder in their command line. */
export function unfinishedExecs(layout: Layout, execId: string): StrayProcess[] {
  const folder = `${path.join(layout.execRoot, "exec", execId)}/`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && commandLine(name).some((word) => word.startsWith(folder)))
    .map((name) => ({ pid: Number(name), id: execId, dumps: false }));
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}
