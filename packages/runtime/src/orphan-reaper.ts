import type { Logger } from "@berth/base";
import { isWaitedFor, type Kernel } from "@berth/linux";

const LOOK_MS = 100;
/** The next look when a child was there that is waited for: the kernel names only that one, and there may be others behind it. */
const NEXT_LOOK_MS = 10;

/**
 * Reaps processes that runtimes leave behind: a failed `crun exec` leaves a dead child inside the container's pid
 * namespace, and the kernel lets that container's first process end only when somebody has reaped it. As subreaper
 * the daemon inherits such children, whatever the host's pid 1 does (in a container it may never reap).
 * Children that somebody here waits for are left alone: when their exit status is taken away, their callers get an error
 * in its place.
 */
export class OrphanReaper {
  readonly #kernel: Kernel;
  readonly #log: Logger;
  #timer: NodeJS.Timeout;
  #hidden = false;

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
    return setTimeout(look, this.#hidden ? NEXT_LOOK_MS : LOOK_MS).unref();
  }

  /** Reaps every dead child that nobody waits for, up to the first that somebody does. */
  look(): void {
    try {
      let ended = this.#kernel.endedChild();
      for (; ended !== null && !isWaitedFor(ended); ended = this.#kernel.endedChild()) {
        this.#kernel.reapChild(ended);
        this.#log.debug("reaped an orphan", { pid: ended });
      }
      this.#hidden = ended !== null;
    } catch (error) {
      this.#log.warn("cannot look for orphans", { error });
    }
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
