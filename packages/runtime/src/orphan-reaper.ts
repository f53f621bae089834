import type { Logger } from "@berth/base";
import { isWaitedFor, type Kernel } from "@berth/linux";

/** Signals of the same kind become one while nobody takes them: a look now and then finds what was not told. */
const RARE_LOOK_MS = 5_000;
/** The next look when a child was there that is waited for: the kernel names only that one, and there may be others behind it. */
const NEXT_LOOK_MS = 10;

/**
 * Reaps processes that runtimes leave behind: a failed `crun exec` leaves a dead child inside the container's pid
 * namespace, and the kernel lets that container's first process end only when somebody has reaped it. As subreaper
 * the daemon inherits such children, whatever the host's pid 1 does (in a container it may never reap), and the kernel
 * tells of their ends by SIGCHLD, also of those that were dead when they were inherited.
 * Children that somebody here waits for are left alone: when their exit status is taken away, their callers get an error
 * in its place.
 */
export class OrphanReaper {
  readonly #kernel: Kernel;
  readonly #log: Logger;
  readonly #onChild = (): void => this.look();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: { readonly kernel: Kernel; readonly log: Logger }) {
    this.#kernel = options.kernel;
    this.#log = options.log;
    options.kernel.prctlChildSubreaper(true);
    process.on("SIGCHLD", this.#onChild);
    this.look();
  }

  /** Reaps every dead child that nobody waits for, up to the first that somebody does. */
  look(): void {
    let hidden = false;
    try {
      let ended = this.#kernel.endedChild();
      for (; ended !== null && !isWaitedFor(ended); ended = this.#kernel.endedChild()) {
        this.#kernel.reapChild(ended);
        this.#log.debug("reaped an orphan", { pid: ended });
      }
      hidden = ended !== null;
    } catch (error) {
      this.#log.warn("cannot look for orphans", { error });
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => this.look(), hidden ? NEXT_LOOK_MS : RARE_LOOK_MS).unref();
  }

  close(): void {
    this.#closed = true;
    process.off("SIGCHLD", this.#onChild);
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
