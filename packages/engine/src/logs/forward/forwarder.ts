import { type Logger, messageOf, sleep } from "@berth/base";
import { dirname } from "node:path";
import { Bell } from "../bell.ts";
import { type LogDescriptor, toHandle } from "../files.ts";
import type { LogRotation } from "../rotation.ts";
import { countLines } from "./count-lines.ts";
import { type ForwardEntry, type LogSink, type OpenSink, SinkFailure } from "./entry.ts";
import { type ForwardPosition, writePosition } from "./position.ts";
import { ForwardSource } from "./source.ts";
import { EntrySplitter } from "./splitter.ts";

const pollMs = 5000;
const saveEveryMs = 1000;
const saveEveryBytes = 1024 * 1024;
const firstRetryMs = 100;
const maxRetryMs = 10_000;
/** A receiver that has not taken what was sent after this long is called stalled; it is not given up. */
const stalledMs = 5000;
const complainEveryMs = 60_000;

/** How forwarding a container's log goes. */
export interface ForwardStatus {
  readonly state: "connecting" | "sending" | "stalled" | "idle" | "retrying" | "ended";
  readonly sent: number;
  readonly dropped: number;
  readonly gaps: number;
  /** Why the receiver did not take the last entries; empty when it did. */
  readonly error: string;
}

/** What one forwarder works with. */
export interface ForwarderOptions {
  readonly id: string;
  /** The log file. */
  readonly path: string;
  /** Where the position is kept. */
  readonly positionPath: string;
  readonly position: ForwardPosition;
  /** The options it was made for. */
  readonly config: string;
  readonly rotation: Pick<LogRotation, "onRotate">;
  readonly open: OpenSink;
  /** Whether more can come. */
  readonly alive: () => boolean;
  readonly log: Logger;
}

/**
 * Sends a container's log to a receiver: reads the log file from the kept position, sends, and keeps the position of what
 * was taken. The container never waits for it; a receiver that is gone is asked again, at most every ten seconds.
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #stop = new AbortController();
  readonly #source: ForwardSource;
  readonly #splitter: EntrySplitter;
  readonly #bell: Bell;
  #position: ForwardPosition;
  #sink: LogSink | null = null;
  /** Entries that the sink has already from an earlier life of the daemon. */
  #skip = 0;
  #state: ForwardStatus["state"] = "connecting";
  #error = "";
  #sendingSinceMs: number | null = null;
  #unsaved = { bytes: 0, any: false, sinceMs: 0 };
  #complainedMs = Number.NEGATIVE_INFINITY;
  #counting: Promise<void> = Promise.resolve();
  /** The container is removed: nothing is kept any more. */
  #detached = false;
  /** Resolves when it has ended: all is sent, or it was stopped. */
  readonly done: Promise<void>;

  constructor(options: ForwarderOptions) {
    const { path, id, rotation, position } = options;
    this.#options = options;
    this.#position = position;
    this.#splitter = new EntrySplitter(position.open, position.sent);
    this.#source = new ForwardSource({ path, id, rotation, position: position.file, lost: (log) => this.#lost(log) });
    this.#bell = new Bell(dirname(path), { signal: this.#stop.signal, pollMs });
    this.done = this.#run();
  }

  get config(): string {
    return this.#options.config;
  }

  get status(): ForwardStatus {
    const { sent, dropped, gaps } = this.#position;
    const waits = this.#sendingSinceMs !== null && performance.now() - this.#sendingSinceMs > stalledMs;
    return { state: this.#state === "sending" && waits ? "stalled" : this.#state, sent, dropped, gaps, error: this.#error };
  }

  /** Looks again whether the container lives: it has ended. */
  look(): void {
    this.#bell.ring();
  }

  /** The container is about to be removed: what is left of its log is still sent, for at most `ms`, from open files. */
  detach(ms: number): void {
    this.#detached = true;
    this.#source.keepOpen();
    this.#bell.ring();
    setTimeout(() => this.#stop.abort(), ms).unref();
  }

  /** Ends it; the position is kept. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.done;
  }

  async #run(): Promise<void> {
    const { log, id } = this.#options;
    try {
      if (!(await this.#source.open())) {
        this.#position = { ...this.#position, gaps: this.#position.gaps + 1, open: {} };
        log.warn("lines of a log were lost: the file with the last position is gone", { id });
      }
      await this.#work();
    } catch (error) {
      if (!this.#stop.signal.aborted) log.error("a log is not forwarded any more", { id, error });
    } finally {
      this.#sink?.close();
      this.#bell.close();
      await this.#countRest();
      await this.#counting;
      await this.#source.close();
      this.#save();
      this.#state = "ended";
    }
  }

  async #work(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      // Asked before reading: what was written while it lived is then read.
      const last = this.#detached || !this.#options.alive();
      const lines = await this.#source.read();
      const entries = lines.flatMap((line) => this.#splitter.add(line));
      if (lines.length === 0 && last) entries.push(...this.#splitter.flush());
      await this.#send(entries);
      if (signal.aborted) return;
      if (lines.length > 0 || entries.length > 0) this.#advance(entries);
      if (lines.length > 0) continue;
      if (last) {
        this.#position = { ...this.#position, drained: true };
        this.#unsaved.any = true;
        return;
      }
      this.#state = this.#sink === null ? this.#state : "idle";
      if (this.#saveIsDue()) this.#save();
      await this.#bell.next(this.#unsaved.any ? saveEveryMs : pollMs);
    }
  }

  /** Sends until all is taken, or it was stopped. */
  async #send(entries: readonly ForwardEntry[]): Promise<void> {
    let left = entries;
    let retryMs = firstRetryMs;
    const { signal } = this.#stop;
    while (left.length > 0 && !signal.aborted) {
      try {
        const sink = await this.#connect();
        const skipped = Math.min(this.#skip, left.length);
        this.#skip -= skipped;
        left = left.slice(skipped);
        this.#state = "sending";
        this.#sendingSinceMs = performance.now();
        if (left.length > 0) await sink.send(left, signal);
        this.#error = "";
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof SinkFailure) {
          if (error.taken > 0) retryMs = firstRetryMs;
          left = left.slice(error.taken);
        }
        this.#failed(error);
        await sleep(retryMs, signal).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, maxRetryMs);
      } finally {
        this.#sendingSinceMs = null;
      }
    }
  }

  async #connect(): Promise<LogSink> {
    if (this.#sink !== null) return this.#sink;
    const { mark, epoch } = this.#position;
    const { sink, skip } = await this.#options.open({ mark, epoch, signal: this.#stop.signal });
    this.#sink = sink;
    this.#skip = skip;
    return sink;
  }

  #failed(error: unknown): void {
    this.#sink?.close();
    this.#sink = null;
    this.#state = "retrying";
    this.#error = messageOf(error);
    const nowMs = performance.now();
    if (nowMs - this.#complainedMs < complainEveryMs) return;
    this.#complainedMs = nowMs;
    this.#options.log.warn("the receiver of a log does not take it", { id: this.#options.id, error: this.#error });
  }

  #advance(entries: readonly ForwardEntry[]): void {
    this.#position = {
      ...this.#position,
      file: this.#source.position,
      open: this.#splitter.snapshot(),
      sent: this.#splitter.ordinal,
      mark: this.#sink?.mark?.() ?? this.#position.mark,
      drained: false,
    };
    for (const { text } of entries) this.#unsaved.bytes += text.length;
    this.#unsaved.any = true;
    if (this.#saveIsDue()) this.#save();
  }

  #saveIsDue(): boolean {
    const { any, bytes, sinceMs } = this.#unsaved;
    return any && (bytes >= saveEveryBytes || performance.now() - sinceMs >= saveEveryMs);
  }

  #save(): void {
    if (this.#detached) return;
    const { any } = this.#unsaved;
    this.#unsaved = { bytes: 0, any: false, sinceMs: performance.now() };
    if (!any) return;
    try {
      writePosition(this.#options.positionPath, this.#position);
    } catch (error) {
      // A full disk: more will be repeated if the daemon is killed now.
      this.#options.log.debug("the position in a log was not kept", { id: this.#options.id, error });
    }
  }

  /** A file that was rotated away too long ago is given up; its lines are counted. */
  #lost(descriptor: LogDescriptor): void {
    this.#counting = this.#counting.then(async () => {
      const { handle } = await toHandle(descriptor);
      try {
        this.#drop(await countLines(handle, 0));
      } finally {
        await handle.close();
      }
    });
    this.#counting.catch(() => undefined);
  }

  #drop(lines: number): void {
    if (lines === 0) return;
    this.#position = { ...this.#position, dropped: this.#position.dropped + lines };
    this.#unsaved.any = true;
    this.#options.log.warn("lines of a log were dropped", { id: this.#options.id, lines, dropped: this.#position.dropped });
    if (this.#saveIsDue()) this.#save();
  }

  /** Of a removed container what was not sent is lost: told once. */
  async #countRest(): Promise<void> {
    if (!this.#detached || this.#position.drained) return;
    let lines = 0;
    for (let read = await this.#source.read(); read.length > 0; read = await this.#source.read()) {
      for (const line of read) if (!line.partial) lines++;
    }
    this.#drop(lines);
  }
}
