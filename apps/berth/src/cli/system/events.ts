import type { ReceivedEvent } from "@berth/client";
import { watchEvents } from "@berth/client";
import { executeTemplate, formatLocalNano } from "@berth/spec";
import { filterFlag, toFilters } from "../args/filter.ts";
import type { Command, Context } from "../command.ts";
import { parse, templateFailure } from "../format/rows.ts";
import { sortMaps } from "../format/sort-maps.ts";
import { parseMoment } from "../times.ts";

const lookup = { optional: new Set(["status", "id", "from", "Status", "ID", "From"]), maps: new Set(["Attributes"]) };

/** `berth events`. */
export const command: Command = {
  usage: "[OPTIONS]",
  about:
    "Goes on until ctrl-c, or until --until. On a terminal events are told in words, a command that is run again and again only once; in pipes, with --format and with --words=false they have docker's form. The engine remembers the last events, so that --since can begin in the past.",
  flags: [
    filterFlag,
    { name: "format", type: "string", values: ["json"], help: "json, or a Go template, e.g. '{{.Action}}'" },
    { name: "since", type: "string", help: "Begin with the past, e.g. 10m (ago) or 2024-05-01T12:00:00Z" },
    { name: "until", type: "string", help: "End then, e.g. 0s for now" },
    { name: "words", type: "bool", help: "Tell what happens in words, also in a pipe; =false for docker's form on a terminal" },
  ],
  examples: [
    { line: "berth events", does: "Watch; ctrl-c ends it" },
    { line: "berth stop web && berth start web", does: "Let something happen" },
    {
      line: "berth events --since 10m --until 0s --filter container=web | tail -n 3",
      does: "What happened to a container last",
    },
    { line: "berth events --words --since 10m --until 0s | tail -n 3", does: "The last of it in words" },
  ],
  seeAlso: ["ps", "logs"],
  min: 0,
  max: 0,
  run: async (context, parsed) => {
    const asked = parsed.string("format");
    const template = asked === "" ? undefined : parse(asked === "json" ? "{{json .}}" : asked);
    const now = Date.now();
    const events = watchEvents(context.engine, {
      since: parseMoment(parsed.string("since"), now),
      until: parseMoment(parsed.string("until"), now),
      filters: toFilters(parsed.list("filter")),
    });
    const inWords = asked === "" && (parsed.has("words") ? parsed.bool("words") : context.stdout.isTerminal);
    if (inWords) return tellInWords(context, events);
    for await (const event of events) {
      let line: string;
      try {
        line = template === undefined ? plainLine(event) : executeTemplate(template, sortMaps(event, lookup.maps), { lookup });
      } catch (error) {
        throw templateFailure(error, 64);
      }
      await context.stdout.write(`${line}\n`);
    }
    return 0;
  },
};

async function tellInWords({ stdout }: Context, events: AsyncIterable<ReceivedEvent>): Promise<number> {
  const { EventLines } = await import("./events/lines.ts");
  const lines = new EventLines({ colour: stdout.isTerminal && !process.env["NO_COLOR"], nowMs: Date.now() });
  for await (const event of events) await stdout.write(lines.lineOf(event));
  return 0;
}

function plainLine(event: ReceivedEvent): string {
  const nanoseconds = event.timeNano === 0n ? BigInt(event.time) * 1_000_000_000n : event.timeNano;
  const attributes = Object.entries(event.Actor.Attributes ?? {})
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  const behind = attributes.length === 0 ? "" : ` (${attributes.join(", ")})`;
  return `${formatLocalNano(nanoseconds)} ${event.Type} ${event.Action} ${event.Actor.ID}${behind}`;
}
