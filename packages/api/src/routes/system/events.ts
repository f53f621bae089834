import { fail } from "@berth/base";
import { writeJson } from "@berth/spec";
import type { CallHandler } from "../../call/call.ts";
import { knowsEvent } from "../../gates/event.ts";
import { parseTime } from "../../time/timestamps.ts";

/** GET /events: past and coming events, one JSON object a line; the headers leave at once. */
export const events: CallHandler = async ({ engine, clock }, call) => {
  const { query, request, reply, version } = call;
  const nowNs = clock.nowNs();
  const sinceNs = parseTime(query.text("since"), { name: "since", nowNs });
  const untilNs = parseTime(query.text("until"), { name: "until", nowNs });
  if (sinceNs !== null && untilNs !== null && untilNs < sinceNs) {
    throw fail("invalid", `\`since\` time (${query.text("since")}) cannot be after \`until\` time (${query.text("until")})`);
  }
  const messages = engine.events.subscribe({ sinceNs, untilNs, filters: query.filters(), signal: request.signal });
  const sink = reply.stream(200, "application/json");
  for await (const message of messages) {
    if (knowsEvent(message, version)) await sink.write(`${writeJson(message)}\n`);
  }
  sink.end();
};
