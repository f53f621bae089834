import type { Clock, Logger } from "@berth/base";
import type { EventMessage } from "@berth/spec";

const ringSize = 256;
const subscriberSize = 1024;

/** What happened to one object. */
export interface HappenedEvent {
  readonly type: "container" | "image" | "volume" | "network" | "daemon";
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Subscriber {
  readonly queue: EventMessage[];
  wake: () => void;
  dropped: number;
}

/** The last 256 events and whoever listens. A listener that falls 1,024 events behind loses the newest, as in Docker. */
export class EventBus {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #ring: EventMessage[] = [];
  readonly #subscribers = new Set<Subscriber>();

  constructor(options: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** How many listen (`NEventsListener` of info). */
  get listeners(): number {
    return this.#subscribers.size;
  }

  /** Past events, oldest first. */
  get past(): readonly EventMessage[] {
    return [...this.#ring];
  }

  emit(event: HappenedEvent): void {
    const timeNano = this.#clock.nowNs();
    const message: EventMessage = {
      ...legacyKeys(event),
      Type: event.type,
      Action: event.action,
      Actor: { ID: event.id, Attributes: { ...event.attributes } },
      scope: "local",
      time: Number(timeNano / 1_000_000_000n),
      timeNano,
    };
    this.#ring.push(message);
    if (this.#ring.length > ringSize) this.#ring.shift();
    for (const subscriber of this.#subscribers) {
      if (subscriber.queue.length >= subscriberSize) {
        if (subscriber.dropped++ === 0) this.#log.warn("a slow listener loses events", {});
        continue;
      }
      subscriber.queue.push(message);
      subscriber.wake();
    }
  }

  /** Listens from now on; registered when it returns. `next` gives null after `signal` aborts. */
  listen(signal: AbortSignal): { readonly next: () => Promise<EventMessage | null>; readonly close: () => void } {
    const subscriber: Subscriber = { queue: [], wake: () => undefined, dropped: 0 };
    this.#subscribers.add(subscriber);
    const onAbort = (): void => subscriber.wake();
    signal.addEventListener("abort", onAbort);
    return {
      next: async () => {
        while (!signal.aborted) {
          const message = subscriber.queue.shift();
          if (message !== undefined) return message;
          await new Promise<void>((resolve) => {
            subscriber.wake = resolve;
          });
        }
        return null;
      },
      close: () => {
        signal.removeEventListener("abort", onAbort);
        this.#subscribers.delete(subscriber);
        subscriber.wake();
      },
    };
  }
}

// Keys of the first event format; containers and images only.
function legacyKeys(event: HappenedEvent): { status?: string; id?: string; from?: string } {
  // Of what is told of no object in particular (prune), empty keys are left out, as by Go.
  if (event.id === "") return event.type === "container" || event.type === "image" ? { status: event.action } : {};
  if (event.type === "container") return { status: event.action, id: event.id, from: event.attributes["image"] ?? "" };
  return event.type === "image" ? { status: event.action, id: event.id } : {};
}
