import { fail, KeyedMutex, type Steps } from "@berth/base";
import type { Blocking } from "@berth/linux";
import { chmod, mkdir, readdir, rmdir } from "node:fs/promises";
import type { EventBus } from "../events/bus.ts";
import type { VolumeRecord, VolumeStore } from "./volumes.store.ts";

/** Local volumes: a folder and a row each. The folder is made first and removed first. */
export class Volumes {
  readonly root: string;
  readonly #store: VolumeStore;
  readonly #events: EventBus;
  readonly #blocking: Blocking;
  readonly #steps: Steps;
  readonly #byName = new Map<string, VolumeRecord>();
  /** Making and removing of one volume's folder, one after another. */
  readonly #locks = new KeyedMutex();
  readonly #removing = new Set<string>();

  constructor(parts: {
    readonly root: string;
    readonly store: VolumeStore;
    readonly events: EventBus;
    readonly blocking: Blocking;
    readonly steps: Steps;
  }) {
    this.root = parts.root;
    this.#store = parts.store;
    this.#events = parts.events;
    this.#blocking = parts.blocking;
    this.#steps = parts.steps;
    for (const volume of parts.store.all()) this.#byName.set(volume.name, volume);
  }

  /** Whether there is a volume of that name. */
  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** The volume of that name, or null. */
  find(name: string): VolumeRecord | null {
    return this.#byName.get(name) ?? null;
  }

  /** All volumes, by name. */
  all(): VolumeRecord[] {
    return [...this.#byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Makes a volume's folder; what a crash leaves of it is empty and swept by {@link recover}. */
  async makeFolder(name: string): Promise<void> {
    await this.#locks.run(name, () =>
      this.#steps.run("create.volume", async () => {
        await mkdir(`${this.root}/${name}/_data`, { recursive: true });
        // Closed to listing by other users of the host; what is inside belongs to the container.
        await chmod(`${this.root}/${name}`, 0o701);
      }),
    );
  }

  /** Takes back what {@link makeFolder} made for a volume that got no row. */
  async dropFolder(name: string): Promise<void> {
    await this.#locks.run(name, async () => {
      if (!this.#byName.has(name)) await this.#removeEmpty(name);
    });
  }

  /** Refuses a volume that is on its way out; asked in the transaction that begins to use it. Throws conflict. */
  refuseRemoving(name: string): void {
    if (this.#removing.has(name)) throw fail("conflict", `volume ${name} is being removed`);
  }

  /** Writes the row; meant to be called inside the transaction that writes the row of what needs the volume. */
  record(volume: VolumeRecord): void {
    if (this.#byName.has(volume.name)) return;
    this.#store.insert(volume);
  }

  /** Makes a recorded volume known and tells of it; after the transaction. */
  announce(volume: VolumeRecord): void {
    if (this.#byName.has(volume.name)) return;
    this.#byName.set(volume.name, volume);
    this.#events.emit({ type: "volume", action: "create", id: volume.name, attributes: { driver: "local" } });
  }

  /**
   * Removes a volume's files, then its row; a missing one is no error.
   * @param users containers that have it, asked when nobody else can make or remove it. Throws conflict when there are any.
   */
  async remove(name: string, users: () => readonly string[]): Promise<void> {
    await this.#locks.run(name, async () => {
      if (!this.#byName.has(name)) return;
      const using = users();
      if (using.length > 0) throw fail("conflict", `remove ${name}: volume is in use - [${using.join(", ")}]`);
      this.#removing.add(name);
      try {
        await this.#steps.run("remove.volume", () => this.#blocking.removeTree(`${this.root}/${name}`));
        this.#store.delete(name);
        this.#byName.delete(name);
      } finally {
        this.#removing.delete(name);
      }
      this.#events.emit({ type: "volume", action: "destroy", id: name, attributes: { driver: "local" } });
    });
  }

  /** Removes empty folders without a row: a create that a crash ended before its row. At the start of the daemon only. */
  async recover(): Promise<void> {
    for (const name of await readdir(this.root).catch((): string[] => [])) {
      if (!this.#byName.has(name)) await this.#removeEmpty(name);
    }
  }

  async #removeEmpty(name: string): Promise<void> {
    // rmdir(2) leaves alone what has content: an operator may have put it there.
    await rmdir(`${this.root}/${name}/_data`).catch(() => undefined);
    await rmdir(`${this.root}/${name}`).catch(() => undefined);
  }
}
