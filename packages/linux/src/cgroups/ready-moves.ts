import { pathsOf } from "./list-processes.ts";
import { type CgroupHost, folderOf } from "./host.ts";

/**
 * Makes the moves of processes fast that come within the next milliseconds. Each takes a lock on all threads of the machine
 * (cgroup_threadgroup_rwsem in kernel/cgroup/cgroup.c), and whoever comes first waits until every processor has gone through a
 * quiet state: 5 to 20 ms. Those that come while it is still in that mode (for about as long again) wait for nothing. So somebody
 * goes first, ahead of time and in another thread, and moves a process to where it is already: the daemon itself.
 *
 * Nothing depends on it: what fails here is told by the move that counts, or was not needed.
 */
export async function readyMoves(host: CgroupHost): Promise<void> {
  const own = pathsOf(host, process.pid);
  if (own === null) return;
  for (const tree of host.mounted().trees) {
    const path = own.get(tree.controllers[0] ?? "");
    if (path === undefined) continue;
    try {
      await host.files.writeAside(`${folderOf(tree, path === "/" ? "" : path)}/cgroup.procs`, String(process.pid));
      return;
    } catch {
      // A tree whose mount shows another part than the one that the daemon is in; the next one is as good.
    }
  }
}
