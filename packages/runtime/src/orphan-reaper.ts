import type { Logger } from "@berth/base";
import type { Kernel } from "@berth/linux";

const LOOK_MS = 100;
/** The next look when there was something: the kernel names one dead child at a time, and there may be many. */
const NEXT_LOOK_MS = 10;

/**
 * Reaps processes that runtimes leave behind: a failed `crun exec` leaves a dead child inside the container's pid
 * namespace, and the kernel lets that container's first process end only when somebody has reaped it. As subreaper
 * the daemon inherits such children, whatever the host's pid 1 does (in a container it may never reap).
 *
 * Children of its own are waited for by Bun as soon as they end; only what is still there at the next look is taken.
 */
export class OrphanReaper {
  readonly #kernel: Kernel;
  readonly #log: Logger;
  #timer: NodeJS.Timeout;
  #seen: number | null = null;

  constructor(options: { readonly kernel: Kernel; readonly log: Logger }) {
    this.#kernel = options.kernel;
    this.#log = options.log;
    options.kernel.prctlChildSubreaper(true);
    this.#timer = this.#plan();
  }

  #plan(): NodeJS.Timeout {
    const look = (): void => {
      this.look();
      this.#timer = this.#plan();
    };
    return setTimeout(look, this.#seen === null ? LOOK_MS : NEXT_LOOK_MS).unref();
  }

  /** Reaps the dead child that was there at the last look too, and takes note of the next. */
  look(): void {
    try {
      const ended = this.#kernel.endedChild();
      if (ended !== null && ended === this.#seen) {
        this.#kernel.reapChild(ended);
        this.#log.debug("reaped an orphan", { pid: ended });
        this.#seen = this.#kernel.endedChild();
      } else {
        this.#seen = ended;
      }
    } catch (error) {
      this.#log.warn("cannot look for orphans", { error });
    }
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
