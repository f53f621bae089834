import type { Logger } from "@berth/base";
import type { Netlink } from "@berth/linux";

/** Host ends of endpoints; Docker's have seven digits. */
const ours = /^veth[0-9a-f]{11}$/;
const waitMs = 3_000;

/**
 * Removes host ends of endpoints that the kernel did not take down with their namespace, because something still holds
 * it. Removing one takes the kernel tens of milliseconds, so it is left to the namespace where that does it.
 */
export class LinkSweeper {
  readonly #netlink: Netlink;
  readonly #log: Logger;
  readonly #waiting = new Set<string>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: { readonly netlink: Netlink; readonly log: Logger }) {
    this.#netlink = options.netlink;
    this.#log = options.log;
  }

  /** Looks for the link in a few seconds and removes what is left. */
  later(name: string): void {
    this.#waiting.add(name);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#sweep();
    }, waitMs).unref();
  }

  /** Removes every endpoint link of the bridge that is not in use. */
  async removeOthers(bridge: string, used: ReadonlySet<string>): Promise<void> {
    const links = await this.#netlink.links();
    const index = links.find((link) => link.name === bridge)?.index ?? -1;
    for (const link of links) {
      if (link.kind === "veth" && link.masterIndex === index && ours.test(link.name) && !used.has(link.name)) {
        await this.#netlink.removeLink(link.name);
      }
    }
  }

  /** Removes at once what still waits. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#sweep();
  }

  async #sweep(): Promise<void> {
    const names = [...this.#waiting];
    this.#waiting.clear();
    for (const name of names) {
      try {
        await this.#netlink.removeLink(name);
      } catch (error) {
        this.#log.warn("cannot remove a left-over link", { name, error });
      }
    }
  }
}
