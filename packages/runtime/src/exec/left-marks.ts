import type { ExecTree } from "./tree.ts";

/**
 * Marks of execs that have ended. One that still has processes (the exec left something running in the background) is
 * tried again with each later end in its container; the last ones go with the container's cgroup.
 */
export class LeftMarks {
  readonly #byContainer = new Map<string, Set<ExecTree>>();

  /** An exec has ended: removes its mark, and what others have left meanwhile. */
  left(containerId: string, tree: ExecTree): void {
    const trees = this.#byContainer.get(containerId) ?? new Set();
    for (const each of trees.add(tree)) if (each.close()) trees.delete(each);
    if (trees.size === 0) this.#byContainer.delete(containerId);
    else this.#byContainer.set(containerId, trees);
  }

  /** The container is gone, with all its cgroups. */
  forget(containerId: string): void {
    this.#byContainer.delete(containerId);
  }
}
