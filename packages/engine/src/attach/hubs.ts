import type { Logger } from "@berth/base";
import type { Runtime, StreamSession } from "@berth/runtime";
import type { ContainerRecord } from "../containers/record.ts";
import { AttachClient, type ClientOptions } from "./client.ts";

const drainMs = 2000;

/** All clients of one container. */
interface Hub {
  readonly clients: Set<AttachClient>;
  /** A line of our own that throws everything away: its end tells that all output has been taken over from the monitor. */
  watch: { readonly session: StreamSession; readonly ended: Promise<void> } | null;
}

/**
 * Who is attached to which container. Each client has a line of its own from the runtime, which keeps a slow one's
 * output on disk: nobody waits for anybody.
 */
export class AttachHubs {
  readonly #runtime: Pick<Runtime, "attach">;
  readonly #log: Logger;
  readonly #byContainer = new Map<string, Hub>();

  constructor(options: { readonly runtime: Pick<Runtime, "attach">; readonly log: Logger }) {
    this.#runtime = options.runtime;
    this.#log = options.log;
  }

  /** Attaches a client; to a container that does not run yet it is connected by {@link open}. */
  attach(
    record: ContainerRecord,
    options: { readonly client: ClientOptions; readonly running: boolean; readonly detached: () => void },
  ): AttachClient {
    const { id } = record;
    const client = new AttachClient(options.client, { left: (gone) => this.#left(id, gone), detached: options.detached });
    const hub = this.#byContainer.get(id) ?? { clients: new Set(), watch: null };
    hub.clients.add(client);
    this.#byContainer.set(id, hub);
    if (options.running) this.#connect(record, hub);
    return client;
  }

  /** Connects whoever attached before the start. Throws what the runtime throws. */
  open(record: ContainerRecord): void {
    const hub = this.#byContainer.get(record.id);
    if (hub !== undefined) this.#connect(record, hub);
  }

  /** Waits until all output of a container that ended was taken over from its monitor; not for ever. */
  async drained(id: string): Promise<void> {
    const watch = this.#byContainer.get(id)?.watch;
    if (watch === null || watch === undefined) return;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, drainMs);
    await Promise.race([watch.ended, late.promise]);
    clearTimeout(timer);
  }

  /** No client of a container will see more: its start failed, or it has ended. What they have not read yet stays theirs. */
  end(id: string): void {
    const hub = this.#byContainer.get(id);
    if (hub === undefined) return;
    this.#byContainer.delete(id);
    hub.watch?.session.close();
    for (const client of hub.clients) client.finish();
  }

  /** Lets everybody go; for the daemon's end. */
  close(): void {
    for (const hub of [...this.#byContainer.values()]) for (const client of [...hub.clients]) client.close();
  }

  #connect({ id, config }: ContainerRecord, hub: Hub): void {
    for (const client of hub.clients) if (!client.connected) client.connect(this.#runtime.attach(id, { tty: config.Tty }));
    if (hub.watch !== null) return;
    const session = this.#runtime.attach(id, { tty: config.Tty });
    hub.watch = { session, ended: this.#discard(session) };
  }

  async #discard(session: StreamSession): Promise<void> {
    try {
      for await (const _chunk of session.output);
    } catch (error) {
      this.#log.debug("a container's streams ended with an error", { error });
    }
  }

  #left(id: string, client: AttachClient): void {
    const hub = this.#byContainer.get(id);
    if (hub === undefined || !hub.clients.delete(client) || hub.clients.size > 0) return;
    hub.watch?.session.close();
    this.#byContainer.delete(id);
  }
}
