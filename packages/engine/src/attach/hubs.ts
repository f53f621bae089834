import type { Logger } from "@berth/base";
import type { Runtime } from "@berth/runtime";
import type { ContainerRecord } from "../containers/record.ts";
import type { AttachClient, ClientOptions } from "./client.ts";
import { AttachHub } from "./hub.ts";

const drainMs = 2000;

/** The hubs of all containers that somebody is attached to. */
export class AttachHubs {
  readonly #runtime: Pick<Runtime, "attach">;
  readonly #log: Logger;
  readonly #byContainer = new Map<string, AttachHub>();

  constructor(options: { readonly runtime: Pick<Runtime, "attach">; readonly log: Logger }) {
    this.#runtime = options.runtime;
    this.#log = options.log;
  }

  /** Attaches a client; to a container that does not run yet it is connected by {@link open}. */
  attach(
    record: ContainerRecord,
    options: { readonly client: ClientOptions; readonly running: boolean; readonly detached: () => void },
  ): AttachClient {
    const hub = this.#byContainer.get(record.id) ?? this.#make(record.id);
    const client = hub.add(options.client, options.detached);
    if (options.running && !hub.isOpen) this.#connect(record, hub);
    return client;
  }

  /** Connects whoever attached before the start. */
  open(record: ContainerRecord): void {
    const hub = this.#byContainer.get(record.id);
    if (hub !== undefined && !hub.isOpen) this.#connect(record, hub);
  }

  /** Waits until clients were given all output of a container that ended; not for ever. */
  async drained(id: string): Promise<void> {
    const hub = this.#byContainer.get(id);
    if (hub === undefined || !hub.isOpen) return;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, drainMs);
    await Promise.race([hub.pumped, late.promise]);
    clearTimeout(timer);
  }

  /** Lets all clients of a container go: it will not start, or is gone. */
  end(id: string): void {
    this.#byContainer.get(id)?.end();
  }

  /** Lets everybody go; for the daemon's end. */
  close(): void {
    for (const hub of [...this.#byContainer.values()]) hub.end();
  }

  #make(id: string): AttachHub {
    const hub = new AttachHub({
      log: this.#log,
      onEmpty: () => {
        if (this.#byContainer.get(id) === hub) this.#byContainer.delete(id);
      },
    });
    this.#byContainer.set(id, hub);
    return hub;
  }

  #connect(record: ContainerRecord, hub: AttachHub): void {
    hub.open(this.#runtime.attach(record.id, { tty: record.config.Tty }));
  }
}
