import { constants } from "node:fs";
import { access } from "node:fs/promises";
import path from "node:path";
import { fail, type Logger } from "@berth/base";
import type { Cgroups } from "@berth/linux";
import { spawnAndWait } from "./run.ts";

/** A runtime that can be used. */
export interface FoundRuntime {
  readonly path: string;
  readonly version: string;
}

/** The runtimes of the host, the one that containers get, and what a person should know about the choice. */
export interface FoundRuntimes {
  readonly runtimes: Readonly<Record<string, FoundRuntime>>;
  readonly defaultRuntime: string;
  readonly warnings: readonly string[];
}

const FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** The first program of that name in the folders of programs, or null. Names with a slash are paths. */
export async function findProgram(name: string): Promise<string | null> {
  const candidates = name.includes("/") ? [path.resolve(name)] : FOLDERS.map((folder) => path.join(folder, name));
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // The next folder may have it.
    }
  }
  return null;
}

/**
 * Finds crun, runc and those of the configuration. crun is the default where it can run: on a hybrid cgroup tree it
 * needs all controllers in v1, which `completeHybrid` mounts; where that fails runc takes its place.
 * @param configured name → path
 * @param wanted the default by configuration; null chooses
 * @throws not-found when nothing can run containers, or the wanted one is missing
 */
export async function findRuntimes(options: {
  readonly configured: Readonly<Record<string, string>>;
  readonly wanted: string | null;
  readonly cgroups: Pick<Cgroups, "version" | "completeHybrid">;
  readonly log: Logger;
}): Promise<FoundRuntimes> {
  const runtimes: Record<string, FoundRuntime> = {};
  const names = { crun: "crun", runc: "runc", ...options.configured };
  await Promise.all(
    Object.entries(names).map(async ([name, program]) => {
      const found = await findProgram(program);
      if (found === null) return;
      const result = await spawnAndWait([found, "--version"]);
      if (result.exitCode === 0) runtimes[name] = { path: found, version: /version ([^\s]+)/.exec(result.output)?.[1] ?? "unknown" };
    }),
  );
  const warnings: string[] = [];
  let crunWorks = runtimes["crun"] !== undefined;
  if (crunWorks && options.cgroups.version === "hybrid") {
    try {
      const mounted = await options.cgroups.completeHybrid();
      if (mounted.length > 0) options.log.info("mounted cgroup controllers that crun needs", { controllers: mounted.join(",") });
    } catch (error) {
      crunWorks = false;
      options.log.warn("cannot mount the cgroup controllers that crun needs", { error });
      warnings.push("crun cannot run on this host's hybrid cgroup tree; containers are run by runc");
    }
  }
  if (options.wanted !== null && options.wanted !== "crun") {
    if (runtimes[options.wanted] === undefined) throw fail("not-found", `unknown or invalid runtime name: ${options.wanted}`);
    return { runtimes, defaultRuntime: options.wanted, warnings };
  }
  if (crunWorks) return { runtimes, defaultRuntime: "crun", warnings };
  if (runtimes["runc"] === undefined) throw fail("not-found", "neither crun nor runc can run containers on this host; install crun");
  if (warnings.length === 0) warnings.push("crun is not installed; containers are run by runc");
  return { runtimes, defaultRuntime: "runc", warnings };
}
