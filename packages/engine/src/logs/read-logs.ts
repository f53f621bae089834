import { fail } from "@berth/base";
import { logFile } from "../containers/folder.ts";
import { type ContainerRecord, isRunning } from "../containers/record.ts";
import type { Core } from "../core.ts";
import { logDetails } from "./config/attributes.ts";
import { parseBool } from "./config/bounds.ts";
import type { LogEntry, LogOptions } from "../ports.ts";
import { type LogDescriptor, type LogHandle, openLogsNow, toHandle } from "./files.ts";
import { findSince, findTail } from "./find-start.ts";
import { followLines } from "./follow.ts";
import { LineJoiner } from "./joiner.ts";
import { LineReader } from "./line-reader.ts";
import type { RawLine } from "./parse-line.ts";
import { LogSuccessors } from "./successors.ts";

/**
 * A container's log, whatever its driver: each has the log file. Throws not-found, invalid without a stream, conflict for a
 * container that is being removed, not-implemented for the driver `none` and where `cache-disabled` forbids it.
 */
export async function readLogs(
  core: Pick<Core, "records" | "dataRoot" | "rotation" | "clock" | "host">,
  reference: string,
  options: LogOptions,
): Promise<{
  readonly tty: boolean;
  readonly entries: AsyncIterable<readonly LogEntry[]>;
  readonly labels: Readonly<Record<string, string>>;
}> {
  if (!options.stdout && !options.stderr) throw fail("invalid", "Bad parameters: you must choose at least one stream");
  const record = core.records.lookup(reference);
  if (record.life.status === "removing" || record.life.status === "dead") {
    throw fail("conflict", "can not get logs from container which is dead or marked for removal");
  }
  if (!isReadable(record)) throw fail("not-implemented", "configured logging driver does not support reading");
  const { untilNs } = options;
  const alive = (): boolean => {
    const now = core.records.get(record.id);
    return now !== null && isRunning(now) && (untilNs === null || core.clock.nowNs() <= untilNs);
  };
  const path = logFile(core, record.id);
  const begin = (): AsyncGenerator<readonly LogEntry[], void, undefined> => {
    const follow = options.follow && alive();
    // Opened and taken note of at one moment: no rotation happens in between.
    const successors = follow ? new LogSuccessors({ path, id: record.id, rotation: core.rotation }) : null;
    return select(lines({ path, opened: openLogsNow(path), alive, successors, options }), { ...options, follow });
  };
  return {
    tty: record.config.Tty,
    // Nothing is opened for a reader that never begins.
    entries: { [Symbol.asyncIterator]: begin },
    labels: logDetails(record, core.host.hostname),
  };
}

interface LineSource {
  readonly path: string;
  readonly opened: readonly LogDescriptor[];
  readonly alive: () => boolean;
  /** null: ends when what is there was read. */
  readonly successors: LogSuccessors | null;
  readonly options: LogOptions;
}

type Marked = readonly RawLine[] | "caught-up";

async function* lines({ path, opened, alive, successors, options }: LineSource): AsyncGenerator<Marked, void, undefined> {
  const open = new Set<LogHandle>();
  try {
    const logs = await Promise.all(opened.map(toHandle));
    for (const log of logs) open.add(log);
    const starts = await startsOf(logs, options);
    let current: LogHandle | null = null;
    let reader: LineReader | null = null;
    for (const [index, log] of logs.entries()) {
      const position = starts[index];
      if (position === undefined) continue;
      current = log;
      reader = new LineReader(log.handle, position);
      yield* reader.blocks();
    }
    yield "caught-up";
    if (successors === null) return;
    if (current !== null) open.delete(current);
    yield* followLines({ path, current, reader, successors, alive, signal: options.signal });
  } finally {
    successors?.close();
    for (const log of open) await log.handle.close();
  }
}

/** Where to begin in each file; undefined leaves a file out. */
async function startsOf(logs: readonly LogHandle[], options: LogOptions): Promise<(number | undefined)[]> {
  const starts: (number | undefined)[] = logs.map(() => undefined);
  // Some more than asked for: pieces of a line may lie before the last whole line of the other stream.
  let missing = options.tail === null ? Number.POSITIVE_INFINITY : options.tail + 16;
  for (let index = logs.length - 1; index >= 0; index--) {
    const log = logs[index];
    if (log === undefined) continue;
    if (Number.isFinite(missing)) {
      const { position, found } = await findTail(log.handle, { count: missing, stdout: options.stdout, stderr: options.stderr });
      starts[index] = position;
      missing -= found;
      if (missing <= 0) break;
    } else {
      starts[index] = options.sinceNs === null ? 0 : await findSince(log.handle, options.sinceNs);
    }
  }
  return starts;
}

async function* select(source: AsyncIterable<Marked>, options: LogOptions): AsyncGenerator<readonly LogEntry[], void, undefined> {
  const joiner = new LineJoiner();
  const { tail } = options;
  let held: LogEntry[] | null = tail === null ? null : [];
  for await (const block of source) {
    if (options.signal.aborted) return;
    if (block === "caught-up") {
      // Nothing will end the last line any more: it counts as one.
      if (held !== null && !options.follow) held.push(...joiner.flush().filter((entry) => isWanted(entry, options)));
      if (held !== null && tail !== null && tail > 0 && held.length > 0) yield held.slice(-tail);
      held = null;
      continue;
    }
    const entries: LogEntry[] = [];
    for (const line of block) {
      const entry = joiner.add(line);
      if (entry !== null && isWanted(entry, options)) entries.push(entry);
    }
    if (held === null) {
      if (entries.length > 0) yield entries;
      continue;
    }
    // Never more in memory than what is asked for and a block.
    held = tail === null || tail === 0 ? [] : held.concat(entries).slice(-tail);
  }
  const rest = joiner.flush().filter((entry) => isWanted(entry, options));
  if (rest.length > 0) yield rest;
}

function isWanted(entry: LogEntry, options: LogOptions): boolean {
  if (entry.stream === "stdout" ? !options.stdout : !options.stderr) return false;
  // Of every entry: after one that is too late earlier ones may come, because the wall clock may have been set back.
  if (options.untilNs !== null && entry.timeNs > options.untilNs) return false;
  return options.sinceNs === null || entry.timeNs >= options.sinceNs;
}

function isReadable({ hostConfig: { LogConfig } }: ContainerRecord): boolean {
  const { Type, Config } = LogConfig;
  if (Type === "none") return false;
  // Of drivers whose log file is only a copy of what they send.
  return (Type !== "syslog" && Type !== "journald") || parseBool(Config["cache-disabled"] ?? "") !== true;
}
