import { fail, sleep } from "@berth/base";
import { thawForKill } from "./freeze-cgroup.ts";
import { type CgroupHost, checkPath, folderOf } from "./host.ts";
import { isNodeErrno } from "./node-errno.ts";
import { listProcessesEverywhere, pathsOf } from "./list-processes.ts";

const SIGKILL = 9;
const boundMs = 10_000;
const longestPauseMs = 20;

/** Kills what is in a cgroup until nothing is. */
export async function killCgroup(host: CgroupHost, path: string): Promise<void> {
  checkPath(path);
  forbidForks(host, path);
  const deadline = performance.now() + boundMs;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    killAtOnce(host, path);
    const left = listProcessesEverywhere(host, path);
    if (left.length === 0) return;
    for (const pid of left) killOne(host, path, pid);
    // Only after the signal: a frozen v1 process then wakes up to die, and does nothing else.
    thawForKill(host, path);
    if (performance.now() > deadline)
      throw fail("timeout", `Control group ${path} still has processes after SIGKILL: ${left.slice(0, 10).join(", ")}`);
    await sleep(pauseMs);
  }
}

/** v1: a fork bomb could outrun the loop. */
function forbidForks(host: CgroupHost, path: string): void {
  for (const tree of host.mounted().trees) {
    if (tree.version === 1 && tree.controllers.includes("pids")) writeIfThere(host, `${folderOf(tree, path)}/pids.max`, "0");
  }
}

/** v2 since Linux 5.14 kills the whole tree in one write, forks included. */
function killAtOnce(host: CgroupHost, path: string): void {
  const tree = host.mounted().trees.find((candidate) => candidate.version === 2);
  if (tree !== undefined) writeIfThere(host, `${folderOf(tree, path)}/cgroup.kill`, "1");
}

/** A descriptor first, then a look whose process it is: a pid that was given to somebody else meanwhile is not hit. */
function killOne(host: CgroupHost, path: string, pid: number): void {
  const pidfd = host.kernel.pidfdOpen(pid);
  if (pidfd === null) return;
  try {
    const paths = [...(pathsOf(host, pid)?.values() ?? [])];
    if (paths.some((own) => own === path || own.startsWith(`${path}/`))) host.kernel.pidfdSendSignal(pidfd, SIGKILL);
  } finally {
    host.kernel.close(pidfd);
  }
}

function writeIfThere(host: CgroupHost, file: string, text: string): void {
  try {
    host.files.write(file, text);
  } catch (error) {
    if (!isNodeErrno(error, "ENOENT", "ENODEV", "EOPNOTSUPP", "ENOTSUP")) throw error;
  }
}
