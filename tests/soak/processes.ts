import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";
import type { Sandbox } from "../harness/sandbox.ts";

/** Processes of a sandbox whose program has that name, with their command lines. */
export function processesOf(sandbox: Sandbox, program: string): { readonly pid: number; readonly words: readonly string[] }[] {
  const namespace = readlinkSync(`/proc/${sandbox.pid}/ns/pid`);
  const found: { readonly pid: number; readonly words: readonly string[] }[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const words = readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0");
      if (path.basename(words[0] ?? "") !== program || readlinkSync(`/proc/${entry}/ns/pid`) !== namespace) continue;
      found.push({ pid: Number(entry), words });
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** The monitors of a sandbox's containers, by container id. */
export function monitorsOf(sandbox: Sandbox): Map<string, number> {
  return new Map(processesOf(sandbox, "conmon").map(({ pid, words }) => [words[words.indexOf("--cid") + 1] ?? "", pid]));
}
