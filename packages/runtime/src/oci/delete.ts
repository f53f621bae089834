import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import type { Cgroups, Kernel } from "@berth/linux";
import { readRecord } from "../conmon/record.ts";
import { bundleFiles, type Layout } from "../layout.ts";
import { runningStat } from "../process-stat.ts";
import { removeFolderSync } from "../remove-folder.ts";
import { findProcesses } from "./stray.ts";

const SIGKILL = 9;
const POLL_MS = 2;
const GONE_TIMEOUT_MS = 5000;
const QUIET_LOOKS = 3;

/**
 * Removes everything the runtime has of a container, without a process: first whatever could still make more of it
 * (monitor, runtime), then the container's processes with its cgroup, then files, the bundle last, because by
 * the bundle an unfinished removal is found again.
 */
export async function deleteContainer(options: {
  readonly kernel: Kernel;
  readonly cgroups: Cgroups;
  readonly layout: Layout;
  readonly id: string;
}): Promise<void> {
  const { kernel, cgroups, layout, id } = options;
  const files = bundleFiles(layout, id);
  const exitFile = path.join(layout.exits, id);
  const cgroup = readRecord(files)?.cgroupPath ?? cgroupOfConfig(files.config);
  // After a regular end nobody is left; before, the monitor may be anywhere between its start and its pid file.
  if (!existsSync(exitFile) && existsSync(files.folder)) {
    // Without a config no runtime that starts from now on can make the container.
    rmSync(files.config, { force: true });
    await killMonitor(kernel, layout, id);
  }
  if (cgroup !== null) {
    await cgroups.kill(cgroup);
    await cgroups.remove(cgroup);
  }
  // At once: a dozen small files in memory go sooner than another thread wakes up.
  removeFolderSync(path.join(layout.state, id));
  rmSync(exitFile, { force: true });
  removeFolderSync(files.folder);
}

/**
 * Kills monitor and runtime. They fork while they start, and a look at /proc can miss one that is born while it goes on:
 * only several looks in a row that find nobody count.
 */
async function killMonitor(kernel: Kernel, layout: Layout, id: string): Promise<void> {
  const until = performance.now() + GONE_TIMEOUT_MS;
  for (let quiet = 0; quiet < QUIET_LOOKS && performance.now() < until; ) {
    const own = findProcesses(layout).filter((each) => each.id === id && runningStat(each.pid) !== null);
    for (const each of own) kernel.kill(each.pid, SIGKILL);
    quiet = own.length === 0 ? quiet + 1 : 0;
    if (quiet < QUIET_LOOKS) await Bun.sleep(POLL_MS);
  }
}

/** For bundles without a record. */
function cgroupOfConfig(file: string): string | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    const linux: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "linux") : null;
    const cgroup: unknown = typeof linux === "object" && linux !== null ? Reflect.get(linux, "cgroupsPath") : null;
    return typeof cgroup === "string" && cgroup.startsWith("/") && cgroup !== "/" ? cgroup : null;
  } catch {
    return null;
  }
}
