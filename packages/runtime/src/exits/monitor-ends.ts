import type { Logger } from "@berth/base";
import { type Bell, type Fd, type Kernel, openBell } from "@berth/linux";
import type { CreatedProcess } from "../ports.ts";
import { isAlive } from "../process-stat.ts";

/** Monitors without a descriptor that are looked at in one call: 200 take 2 ms. */
const LOOKS_AT_ONCE = 200;

type Monitor = Pick<CreatedProcess, "monitorPid" | "monitorPidStartTime">;

/**
 * Tells which monitors have ended. The kernel knows at once: each monitor is held by a pidfd, all of them in one epoll
 * set, which rings a bell when one of them ends. Where descriptors have run out, /proc is read instead, some monitors at
 * a time.
 */
export class MonitorEnds {
  readonly #kernel: Kernel;
  readonly #log: Logger;
  readonly #byId = new Map<string, Fd>();
  readonly #byPidfd = new Map<Fd, string>();
  readonly #unheld = new Map<string, Monitor>();
  #epoll: Fd | null;
  readonly #bell: Bell | null;

  /** @param options.ring called when {@link ended} may have something to tell; not before that was called for the first time */
  constructor(options: { readonly kernel: Kernel; readonly log: Logger; readonly ring: () => void }) {
    this.#kernel = options.kernel;
    this.#log = options.log;
    this.#epoll = this.#createEpoll();
    this.#bell = this.#epoll === null ? null : openBell(this.#kernel, this.#epoll, options.ring);
  }

  add(id: string, monitor: Monitor): void {
    this.remove(id);
    if (!this.#hold(id, monitor)) this.#unheld.set(id, monitor);
  }

  remove(id: string): void {
    this.#unheld.delete(id);
    const pidfd = this.#byId.get(id);
    if (pidfd === undefined) return;
    this.#byId.delete(id);
    this.#byPidfd.delete(pidfd);
    this.#kernel.close(pidfd);
  }

  /** Ids whose monitor has ended, of those that are held; each is told once. */
  ended(): string[] {
    if (this.#epoll === null) return [];
    this.#bell?.arm();
    return this.#kernel.epollReady(this.#epoll).flatMap((pidfd) => this.#byPidfd.get(pidfd) ?? []);
  }

  /** The same for some of those that could not be held; all are looked at in turn. */
  endedOfUnheld(): string[] {
    const some = [...this.#unheld].slice(0, LOOKS_AT_ONCE);
    for (const [id, monitor] of some) {
      // To the end of the queue, and held from now on if that works by now.
      this.#unheld.delete(id);
      if (!this.#hold(id, monitor)) this.#unheld.set(id, monitor);
    }
    return some.flatMap(([id, { monitorPid, monitorPidStartTime }]) => (isAlive(monitorPid, monitorPidStartTime) ? [] : id));
  }

  close(): void {
    for (const id of [...this.#byId.keys()]) this.remove(id);
    this.#unheld.clear();
    this.#bell?.close();
    if (this.#epoll !== null) this.#kernel.close(this.#epoll);
    this.#epoll = null;
  }

  #createEpoll(): Fd | null {
    try {
      return this.#kernel.epollCreate();
    } catch (error) {
      this.#log.warn("cannot wait for the ends of monitors; they are looked at in turn", { error });
      return null;
    }
  }

  #hold(id: string, { monitorPid, monitorPidStartTime }: Monitor): boolean {
    if (this.#epoll === null) return false;
    let pidfd: Fd | null = null;
    try {
      pidfd = this.#kernel.pidfdOpen(monitorPid);
      // The number may mean another process by now: only after the opening it is known which one is held.
      if (pidfd !== null && isAlive(monitorPid, monitorPidStartTime)) {
        this.#kernel.epollAdd(this.#epoll, pidfd);
        this.#byId.set(id, pidfd);
        this.#byPidfd.set(pidfd, id);
        return true;
      }
    } catch (error) {
      this.#log.debug("a monitor is not held", { id, error });
    }
    if (pidfd !== null) this.#kernel.close(pidfd);
    return false;
  }
}
