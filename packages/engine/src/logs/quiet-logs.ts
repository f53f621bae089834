import { type Logger, messageOf } from "@berth/base";
import { type Bell, type Fd, isErrno, type Kernel, openBell } from "@berth/linux";

/**
 * Logs that nobody writes to at the moment: the kernel tells of the next write to each (inotify(7)), so that a thousand idle
 * containers cost nothing. Where the kernel takes no more of them, whoever asks goes on looking at the file.
 */
export class QuietLogs {
  readonly #kernel: Kernel;
  readonly #log: Logger;
  readonly #byId = new Map<string, number>();
  readonly #byWatch = new Map<number, string>();
  #queue: Fd | null = null;
  #set: Fd | null = null;
  #bell: Bell | null = null;
  #onNews: () => void = () => undefined;
  #usable = true;

  constructor(options: { readonly kernel: Kernel; readonly log: Logger }) {
    this.#kernel = options.kernel;
    this.#log = options.log;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Whether {@link onNews} tells; otherwise {@link written} must be asked now and then. */
  get tells(): boolean {
    return this.#bell !== null;
  }

  /** Calls `listener` when something was written, once until {@link written} was called. */
  onNews(listener: () => void): void {
    this.#onNews = listener;
  }

  /** Waits for the next write to a container's log. What was written before must be looked at after. False when that cannot be had. */
  add(id: string, path: string): boolean {
    if (!this.#usable) return false;
    this.remove(id);
    try {
      this.#queue ??= this.#open();
      const watch = this.#kernel.inotifyNextWrite(this.#queue, path);
      this.#byId.set(id, watch);
      this.#byWatch.set(watch, id);
      return true;
    } catch (error) {
      // It is being rotated.
      if (isErrno(error, "ENOENT")) return false;
      // The user's instances or watches have run out, and will not come back soon.
      this.#usable = false;
      this.#log.warn("cannot wait for writes to logs; they are looked at again and again", { error: messageOf(error) });
      return false;
    }
  }

  remove(id: string): void {
    const watch = this.#byId.get(id);
    if (watch === undefined || this.#queue === null) return;
    this.#forget(id, watch);
    this.#kernel.inotifyForget(this.#queue, watch);
  }

  /** Ids whose log was written to since the last call; they are waited for no more. */
  written(): string[] {
    if (this.#queue === null) return [];
    this.#bell?.arm();
    const fired = this.#kernel.inotifyFired(this.#queue);
    // News were lost: any of them may have been written to.
    if (fired === null) {
      const all = [...this.#byId.keys()];
      for (const id of all) this.remove(id);
      return all;
    }
    return fired.flatMap((watch) => {
      const id = this.#byWatch.get(watch);
      if (id === undefined) return [];
      this.#forget(id, watch);
      return id;
    });
  }

  close(): void {
    this.#usable = false;
    this.#byId.clear();
    this.#byWatch.clear();
    this.#bell?.close();
    this.#bell = null;
    for (const fd of [this.#set, this.#queue]) if (fd !== null) this.#kernel.close(fd);
    this.#set = null;
    this.#queue = null;
  }

  #open(): Fd {
    const queue = this.#kernel.inotifyInit();
    try {
      this.#set = this.#kernel.epollCreate();
      this.#kernel.epollAdd(this.#set, queue);
      this.#bell = openBell(this.#kernel, this.#set, () => this.#onNews());
      this.#bell.arm();
    } catch (error) {
      this.#log.debug("writes to logs are asked for now and then", { error });
    }
    return queue;
  }

  #forget(id: string, watch: number): void {
    this.#byId.delete(id);
    this.#byWatch.delete(watch);
  }
}
