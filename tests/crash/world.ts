import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";
import type { RunningEngine } from "../harness/engines.ts";
import type { Sandbox } from "../harness/sandbox.ts";

/** Everything that an engine can leave in the world, as sorted lists of names. */
export interface World {
  readonly mounts: readonly string[];
  readonly processes: readonly string[];
  readonly links: readonly string[];
  readonly namespaces: readonly string[];
  readonly cgroups: readonly string[];
  readonly folders: readonly string[];
  readonly bundles: readonly string[];
  readonly runtimeStates: readonly string[];
  readonly exitFiles: readonly string[];
  readonly layers: readonly string[];
  readonly blobs: readonly string[];
  readonly volumes: readonly string[];
  readonly firewallElements: readonly string[];
}

const hexId = /[0-9a-f]{64}/;

/** Looks at the world of one sandbox: kernel objects from outside of the engine, files below its roots. */
export async function lookAround(sandbox: Sandbox, engine: RunningEngine): Promise<World> {
  const mountInfo = readFileSync(`/proc/${sandbox.pid}/mountinfo`, "utf8").split("\n");
  const links = (await sandbox.run(["ip", "-o", "link"])).stdout.split("\n").map((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? "");
  const rules = (await sandbox.run(["nft", "list", "ruleset"])).stdout;
  return {
    mounts: mountInfo
      .map((line) => line.split(" ")[4] ?? "")
      .filter((point) => point.startsWith(sandbox.folder) && hexId.test(point))
      .sort(),
    processes: processes(sandbox),
    links: links.filter((name) => /^(veth|br-)/.test(name)).sort(),
    namespaces: list(`${engine.execRoot}/netns`).filter((name) => hexId.test(name)),
    cgroups: cgroups(sandbox.cgroupParent),
    folders: list(`${engine.dataRoot}/containers`),
    bundles: list(`${engine.execRoot}/containers`),
    runtimeStates: list(`${engine.execRoot}/runtime`),
    exitFiles: list(`${engine.execRoot}/exits`),
    layers: list(`${engine.dataRoot}/images/layers`),
    blobs: list(`${engine.dataRoot}/images/blobs/sha256`),
    volumes: list(`${engine.dataRoot}/volumes`),
    firewallElements: rules.match(/\d+\.\d+\.\d+\.\d+ \. \d+(?=[,\s}])/g) ?? [],
  };
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** Command lines of all processes in the sandbox but its first and the daemon. */
function processes(sandbox: Sandbox): string[] {
  const namespace = namespaceOf(sandbox.pid);
  const found: string[] = [];
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const pid = Number(entry);
    if (pid === sandbox.pid) continue;
    try {
      // The engine's helpers are in the sandbox's pid namespace; containers have one of their own, but a cgroup below the sandbox's.
      const mine = namespaceOf(pid) === namespace || readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(`${sandbox.cgroupParent}/`);
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      if (mine && command !== "" && !/\bdaemon\b/.test(command)) found.push(path.basename(command.split(" ")[0] ?? ""));
    } catch {
      // it has ended meanwhile
    }
  }
  return found.sort();
}

function namespaceOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/ns/pid`);
}

function cgroups(parent: string): string[] {
  const root = "/sys/fs/cgroup";
  const trees = existsSync(`${root}/cgroup.controllers`) ? [root] : readdirSync(root).map((entry) => `${root}/${entry}`);
  return [...new Set(trees.flatMap((tree) => folders(`${tree}${parent}`)))].sort();
}

function folders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}
