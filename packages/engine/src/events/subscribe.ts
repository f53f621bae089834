import type { Clock } from "@berth/base";
import type { EventMessage } from "@berth/spec";
import type { Events } from "../ports.ts";
import type { EventBus } from "./bus.ts";
import { eventFilter } from "./filter.ts";

/** The events of a time span, past ones from the ring first. Without `since` and with `until` in the past it ends at once. */
export async function* subscribeEvents(
  bus: EventBus,
  clock: Clock,
  options: Parameters<Events["subscribe"]>[0],
): AsyncGenerator<EventMessage, void, undefined> {
  const wanted = eventFilter(options.filters);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  options.signal.addEventListener("abort", onAbort, { once: true });
  if (options.signal.aborted) stop.abort();
  const waitMs = options.untilNs === null ? null : Number((options.untilNs - clock.nowNs()) / 1_000_000n);
  // setTimeout knows 31 bits of milliseconds only; 24 days of one connection are enough.
  const timer = waitMs === null || waitMs <= 0 ? null : setTimeout(onAbort, Math.min(waitMs, 2 ** 31 - 1));
  const listener = bus.listen(stop.signal);
  try {
    const { sinceNs, untilNs } = options;
    if (sinceNs !== null || (waitMs !== null && waitMs <= 0)) {
      for (const message of bus.past) {
        if (sinceNs !== null && message.timeNano < sinceNs) continue;
        if (untilNs !== null && message.timeNano > untilNs) break;
        if (wanted(message)) yield message;
      }
    }
    if (waitMs !== null && waitMs <= 0) return;
    for (let message = await listener.next(); message !== null; message = await listener.next()) {
      if (untilNs !== null && message.timeNano > untilNs) return;
      if (wanted(message)) yield message;
    }
  } finally {
    if (timer !== null) clearTimeout(timer);
    options.signal.removeEventListener("abort", onAbort);
    listener.close();
  }
}
