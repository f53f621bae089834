import { fail } from "@berth/base";
import type { Fd } from "@berth/linux";

/** An open look at a container's files. Whoever opened it disposes of it; no lock is held meanwhile. */
export interface FilesView extends AsyncDisposable {
  /** The container's root. */
  readonly root: Fd;
  /** Aborts when the container is removed or the engine ends: then the copy has to end. */
  readonly signal: AbortSignal;
}

interface Entry {
  readonly views: Map<AbortController, Promise<void>>;
  /** Whether the root file system is mounted for the sake of these views: nobody else will unmount it. */
  mounted: boolean;
}

/**
 * Which containers' files are being looked at. A root file system is mounted once, whoever needs it: what a view mounted a
 * start takes over, and what a run mounted stays until the last view is closed. A second overlay over the same writable layer
 * would be undefined (kernel documentation, overlayfs). All but `end` is called under the container's lock.
 */
export class ViewTable {
  readonly #entries = new Map<string, Entry>();

  /** Notes a view; `closed` resolves when its descriptors are closed. */
  add(id: string, stop: AbortController, closed: Promise<void>): void {
    const entry = this.#entries.get(id) ?? { views: new Map(), mounted: false };
    this.#entries.set(id, entry);
    entry.views.set(stop, closed);
    void closed.then(() => {
      entry.views.delete(stop);
      if (entry.views.size === 0 && !entry.mounted) this.#drop(id, entry);
    });
  }

  /** Whether the root file system is mounted for views. */
  isMounted(id: string): boolean {
    return this.#entries.get(id)?.mounted === true;
  }

  /** Notes that a view has mounted the root file system. */
  noteMounted(id: string): void {
    const entry = this.#entries.get(id) ?? { views: new Map(), mounted: false };
    this.#entries.set(id, entry);
    entry.mounted = true;
  }

  /** For a start: whether the root file system is mounted already. It belongs to the run from then on. */
  takeMount(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry?.mounted !== true) return false;
    entry.mounted = false;
    if (entry.views.size === 0) this.#drop(id, entry);
    return true;
  }

  /** For the end of a run: true when views are open. The mount is theirs then and must stay. */
  leaveMount(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.views.size === 0) return false;
    entry.mounted = true;
    return true;
  }

  /** Whether the mount is nobody's any more: no view is open. It is forgotten then, and the caller unmounts. */
  dropMount(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry?.mounted !== true || entry.views.size > 0) return false;
    this.#drop(id, entry);
    return true;
  }

  /** Ends all views of a container and waits until they are closed. */
  async end(id: string, reason: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    for (const stop of entry.views.keys()) stop.abort(fail("conflict", reason));
    await Promise.all(entry.views.values());
  }

  /** Ends all views. */
  async endAll(reason: string): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((id) => this.end(id, reason)));
  }

  #drop(id: string, entry: Entry): void {
    if (this.#entries.get(id) === entry) this.#entries.delete(id);
  }
}
