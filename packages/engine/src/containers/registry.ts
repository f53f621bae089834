import { fail } from "@berth/base";
import type { ContainerStore } from "./containers.store.ts";
import { refuseOverwrite } from "./intent.ts";
import type { ContainerRecord } from "./record.ts";
import { parseTimeNs } from "./time.ts";

/**
 * All containers in memory, written through to their rows: reading never touches the disk, and a change is durable
 * before anybody can see it.
 */
export class ContainerRegistry {
  readonly #store: ContainerStore;
  readonly #byId = new Map<string, ContainerRecord>();
  readonly #byName = new Map<string, string>();
  readonly #byImage = new Map<string, Set<string>>();
  readonly #reserved = new Map<string, string>();

  constructor(store: ContainerStore) {
    this.#store = store;
    // The map keeps the order of creation: a list is its values turned round.
    for (const record of store.all().sort(byAge)) this.#remember(record);
  }

  /** All records, newest first. */
  all(): ContainerRecord[] {
    return [...this.#byId.values()].reverse();
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The record with that full id, or null. */
  get(id: string): ContainerRecord | null {
    return this.#byId.get(id) ?? null;
  }

  /** The full id of a name without slash, or null. */
  idOfName(name: string): string | null {
    return this.#byName.get(name) ?? null;
  }

  /** The record with that full id; throws not-found when it went away meanwhile. */
  need(id: string): ContainerRecord {
    const record = this.#byId.get(id);
    if (record === undefined) throw fail("not-found", `No such container: ${id}`);
    return record;
  }

  /** By full id, then name with or without a slash, then unique id prefix, in Docker's order. */
  lookup(reference: string): ContainerRecord {
    const direct = this.#byId.get(reference);
    if (direct !== undefined) return direct;
    const named = this.#byName.get(reference.startsWith("/") ? reference.slice(1) : reference);
    if (named !== undefined) return this.need(named);
    if (!/^[0-9a-f]{1,64}$/.test(reference)) throw fail("not-found", `No such container: ${reference}`);
    let found: ContainerRecord | null = null;
    for (const record of this.#byId.values()) {
      if (!record.id.startsWith(reference)) continue;
      if (found !== null) throw fail("invalid", `Multiple IDs found with provided prefix: ${reference}`);
      found = record;
    }
    if (found === null) throw fail("not-found", `No such container: ${reference}`);
    return found;
  }

  /** Containers of an image. */
  ofImage(imageId: string): readonly ContainerRecord[] {
    return [...(this.#byImage.get(imageId) ?? [])].map((id) => this.need(id));
  }

  /**
   * Takes a name before the row is written, so that two creates cannot both pass the check.
   * @returns the name, and how to give it back; after `insert` that does nothing
   */
  reserveName(name: string, id: string): { readonly name: string; readonly free: () => void } {
    const owner = this.#byName.get(name) ?? this.#reserved.get(name);
    if (owner !== undefined) {
      throw fail(
        "conflict",
        `Conflict. The container name "/${name}" is already in use by container "${owner}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    }
    this.#reserved.set(name, id);
    return { name, free: () => void (this.#reserved.get(name) === id && this.#reserved.delete(name)) };
  }

  /** Whether nobody has that name. */
  nameIsFree(name: string): boolean {
    return !this.#byName.has(name) && !this.#reserved.has(name);
  }

  insert(record: ContainerRecord): void {
    this.#store.insert(record);
    this.#reserved.delete(record.name);
    this.#remember(record);
  }

  /** Changes a record: row first, then memory. Returns the new record. Throws internal for an intent in the place of another one. */
  update(id: string, change: Partial<Omit<ContainerRecord, "id">>): ContainerRecord {
    const before = this.need(id);
    if (change.intent !== undefined) refuseOverwrite(id, before.intent, change.intent);
    const after: ContainerRecord = { ...before, ...change };
    this.#store.update(after);
    if (before.name !== after.name && this.#byName.get(before.name) === id) this.#byName.delete(before.name);
    this.#remember(after);
    return after;
  }

  /** Changes what a daemon that is killed may forget: in memory only, until the next {@link update} writes it too. */
  remember(id: string, change: Pick<ContainerRecord, "health">): void {
    this.#byId.set(id, { ...this.need(id), ...change });
  }

  delete(id: string): void {
    const record = this.#byId.get(id);
    this.#store.delete(id);
    if (record !== undefined) this.#forget(record);
  }

  #remember(record: ContainerRecord): void {
    this.#byId.set(record.id, record);
    this.#byName.set(record.name, record.id);
    const same = this.#byImage.get(record.imageId);
    if (same === undefined) this.#byImage.set(record.imageId, new Set([record.id]));
    else same.add(record.id);
  }

  #forget(record: ContainerRecord): void {
    this.#byId.delete(record.id);
    if (this.#byName.get(record.name) === record.id) this.#byName.delete(record.name);
    const same = this.#byImage.get(record.imageId);
    same?.delete(record.id);
    if (same?.size === 0) this.#byImage.delete(record.imageId);
  }
}

function byAge(a: ContainerRecord, b: ContainerRecord): number {
  const first = parseTimeNs(a.createdAt) ?? 0n;
  const second = parseTimeNs(b.createdAt) ?? 0n;
  return first < second ? -1 : first > second ? 1 : 0;
}
