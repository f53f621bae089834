import { fail, messageOf } from "@berth/base";
import type { LogEntry } from "@berth/engine";
import { frame, frameHeader } from "@berth/spec";
import type { CallHandler } from "../../call/call.ts";
import { streamType } from "../../gates/stream.ts";
import { formatTimeFixed, parseTime } from "../../time/timestamps.ts";

const text = new TextEncoder();

/** GET /containers/{name}/logs. Framed unless the container has a terminal. */
export const containerLogs: CallHandler = async ({ engine, clock }, { request, reply, path, query, version }) => {
  const stdout = query.flag("stdout");
  const stderr = query.flag("stderr");
  if (!stdout && !stderr) throw fail("invalid", "Bad parameters: you must choose at least one stream");
  const nowNs = clock.nowNs();
  const until = query.text("until");
  const { tty, entries, labels } = await engine.containers.logs(path("name"), {
    stdout,
    stderr,
    follow: query.flag("follow"),
    sinceNs: parseTime(query.text("since"), { name: "since", nowNs }),
    untilNs: until === "0" ? null : parseTime(until, { name: "until", nowNs }),
    tail: tailOf(query.text("tail")),
    signal: request.signal,
  });
  const details = query.flag("details") ? `${detailsOf(labels)} ` : "";
  const timestamps = query.flag("timestamps");
  const sink = reply.stream(200, streamType({ framed: !tty, version }));
  try {
    for await (const block of entries) {
      const pieces: Uint8Array[] = [];
      for (const entry of block) {
        const line = lineOf(entry, { details, timestamps });
        if (!tty) pieces.push(frameHeader(entry.stream === "stdout" ? 1 : 2, lengthOf(line)));
        pieces.push(...line);
      }
      await sink.write(Buffer.concat(pieces));
    }
  } catch (error) {
    if (request.signal.aborted) return;
    const words = text.encode(`Error grabbing logs: ${messageOf(error)}\n`);
    await sink.write(tty ? words : frame(3, words));
  }
  sink.end();
};

function lineOf(entry: LogEntry, options: { readonly details: string; readonly timestamps: boolean }): readonly Uint8Array[] {
  const prefix = (options.timestamps ? `${formatTimeFixed(entry.timeNs)} ` : "") + options.details;
  return prefix === "" ? [entry.bytes] : [text.encode(prefix), entry.bytes];
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** null is all; what is no number is all too. */
function tailOf(value: string): number | null {
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}

/** `k=v,k2=v2`, escaped as in a query, sorted by key. */
function detailsOf(labels: Readonly<Record<string, string>>): string {
  const escape = (part: string): string =>
    encodeURIComponent(part)
      .replace(/%20/g, "+")
      .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${escape(key)}=${escape(value)}`)
    .join(",");
}
