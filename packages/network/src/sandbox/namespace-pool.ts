import fs from "node:fs/promises";
import path from "node:path";
import { type Logger, newId, shortId } from "@berth/base";
import type { Blocking } from "@berth/linux";

/** A network namespace with lo up, kept by a file. */
export interface KeptNamespace {
  readonly sandboxId: string;
  readonly path: string;
}

const readyCount = 2;
/** Making a namespace holds the kernel's lock on all networks: it waits until the start that took one has its endpoint. */
const refillDelayMs = 50;

/**
 * Network namespaces made ahead of the starts that need them. Each is kept by `<folder>/<first 12 of its sandbox id>`;
 * a container takes one with its name, so taking costs nothing. After a crash the ones that no container has are removed.
 */
export class NamespacePool {
  readonly #blocking: Blocking;
  readonly #folder: string;
  readonly #log: Logger;
  readonly #ready: KeptNamespace[] = [];
  #filling: Promise<void> | null = null;
  #refill: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: { readonly blocking: Blocking; readonly folder: string; readonly log: Logger }) {
    this.#blocking = options.blocking;
    this.#folder = options.folder;
    this.#log = options.log;
  }

  /** A namespace for one container: a ready one, else a new one. Whoever takes it removes it. */
  async take(): Promise<KeptNamespace> {
    const kept = this.#ready.shift() ?? (await this.#make());
    clearTimeout(this.#refill);
    this.#refill = setTimeout(() => this.fill(), refillDelayMs).unref();
    return kept;
  }

  /** Starts to make what is missing. Not before leftovers were removed. */
  fill(): void {
    if (this.#closed || this.#filling !== null) return;
    this.#filling = this.#fill().finally(() => {
      this.#filling = null;
    });
  }

  /** Removes a namespace file; the kernel takes the namespace and its links down when no process is in it. */
  async remove(file: string): Promise<void> {
    await this.#blocking.removeNetworkNamespace(file);
  }

  /** Removes every file that is neither in use nor ready. */
  async removeOthers(used: ReadonlySet<string>): Promise<void> {
    await this.#filling;
    const ready = new Set(this.#ready.map((one) => one.path));
    for (const name of await names(this.#folder)) {
      const file = path.join(this.#folder, name);
      if (!used.has(file) && !ready.has(file)) await this.remove(file);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#refill);
    await this.#filling;
    for (const kept of this.#ready.splice(0)) await this.remove(kept.path);
  }

  async #fill(): Promise<void> {
    try {
      while (!this.#closed && this.#ready.length < readyCount) this.#ready.push(await this.#make());
    } catch (error) {
      this.#log.warn("cannot prepare a network namespace", { error });
    }
  }

  async #make(): Promise<KeptNamespace> {
    const sandboxId = newId();
    const kept = { sandboxId, path: path.join(this.#folder, shortId(sandboxId)) };
    await fs.mkdir(this.#folder, { recursive: true, mode: 0o711 });
    await this.#blocking.createNetworkNamespace(kept.path);
    return kept;
  }
}

async function names(folder: string): Promise<string[]> {
  try {
    return await fs.readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
