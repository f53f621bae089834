import type { ExecTree } from "./tree.ts";

/** How many older marks are tried with each end: what is left behind does not make later execs slower. */
const triedWithEach = 8;

/**
 * Marks of execs that have ended. One that still has processes (the exec left something running in the background) is tried again
 * with later ends in its container, a few with each in turn; the last ones go with the container's cgroup.
 */
export class LeftMarks {
  /** Of each container in the order in which they come to be tried. */
  readonly #byContainer = new Map<string, Set<Pick<ExecTree, "close">>>();

  /** An exec has ended: removes its mark, and some of what others have left meanwhile. */
  left(containerId: string, tree: Pick<ExecTree, "close">): void {
    const trees = this.#byContainer.get(containerId) ?? new Set();
    const gone = tree.close();
    for (const each of [...first(trees, triedWithEach)]) {
      trees.delete(each);
      // To the end of the queue.
      if (!each.close()) trees.add(each);
    }
    if (!gone) trees.add(tree);
    if (trees.size === 0) this.#byContainer.delete(containerId);
    else this.#byContainer.set(containerId, trees);
  }

  /** How many are left of a container. */
  count(containerId: string): number {
    return this.#byContainer.get(containerId)?.size ?? 0;
  }

  /** The container is gone, with all its cgroups. */
  forget(containerId: string): void {
    this.#byContainer.delete(containerId);
  }
}

function* first<T>(values: Iterable<T>, most: number): Generator<T> {
  let count = 0;
  for (const value of values) {
    if (count++ >= most) return;
    yield value;
  }
}
