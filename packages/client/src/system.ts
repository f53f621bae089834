import type { EventMessage } from "@berth/spec";
import type { Connection } from "./connection/connection.ts";
import type { FilterValues } from "./filters.ts";
import { encodeFilters } from "./filters.ts";

/** GET /version. */
export interface VersionAnswer {
  readonly Platform?: { readonly Name: string };
  readonly Components?: readonly {
    readonly Name: string;
    readonly Version: string;
    readonly Details: Readonly<Record<string, string>> | null;
  }[];
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion?: string;
  readonly GitCommit?: string;
  readonly GoVersion?: string;
  readonly Os: string;
  readonly Arch: string;
  readonly KernelVersion?: string;
  readonly Experimental?: boolean;
  readonly BuildTime?: string;
}

/** GET /version. */
export function engineVersion(engine: Connection): Promise<VersionAnswer> {
  return engine.json({ method: "GET", path: "/version" });
}

/** GET /info. Engines of different ages fill it differently, so every field is looked at before use. */
export function engineInfo(engine: Connection): Promise<Readonly<Record<string, unknown>>> {
  return engine.json({ method: "GET", path: "/info" });
}

/** An event with its time exactly as the engine sent it. */
export type ReceivedEvent = Omit<EventMessage, "timeNano"> & { readonly timeNano: bigint };

/**
 * GET /events: events until the end that was asked for, or for ever.
 * @param options.since and `until` in seconds since the epoch, with a fraction when wanted
 */
export async function* watchEvents(
  engine: Connection,
  options: { readonly since?: string; readonly until?: string; readonly filters?: FilterValues; readonly signal?: AbortSignal },
): AsyncGenerator<ReceivedEvent> {
  const response = await engine.send({
    method: "GET",
    path: "/events",
    query: { since: options.since || undefined, until: options.until || undefined, filters: encodeFilters(options.filters) },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (response.body === null) return;
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield parseEvent(line);
  }
  if (rest.trim() !== "") yield parseEvent(rest);
}

/** JSON.parse rounds nanoseconds since the epoch to 256 of them; the digits are taken from the text. */
function parseEvent(line: string): ReceivedEvent {
  const event = JSON.parse(line) as Omit<EventMessage, "timeNano">;
  const digits = /"timeNano":(\d{1,19})[,}]/.exec(line)?.[1] ?? "0";
  return { ...event, timeNano: BigInt(digits) };
}
