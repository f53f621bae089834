import type { Logger } from "@berth/base";
import { type ContainerRecord, isRunning } from "../../containers/record.ts";
import type { LogRotation } from "../rotation.ts";
import type { OpenSink } from "./entry.ts";
import { Forwarder, type ForwardStatus } from "./forwarder.ts";
import { closeSync } from "node:fs";
import { openLogNow } from "../files.ts";
import { firstPosition, type ForwardPosition, readPosition, writePosition } from "./position.ts";

/** How long what is left of a removed container's log is still sent. */
const detachedMs = 10_000;
/** How long the daemon's end waits for the logs of containers that are removed already. */
const farewellMs = 2000;

/** What the forwarders need to know of the engine. */
export interface ForwardersOptions {
  readonly pathOf: (id: string) => string;
  readonly positionPathOf: (id: string) => string;
  readonly rotation: LogRotation;
  readonly recordOf: (id: string) => ContainerRecord | null;
  readonly openerOf: (record: ContainerRecord) => OpenSink;
  readonly log: Logger;
}

/** Whether a container's log goes anywhere besides its log file. */
export function forwards({ hostConfig: { LogConfig } }: Pick<ContainerRecord, "hostConfig">): boolean {
  const { Type, Config } = LogConfig;
  return Type === "journald" || Type === "syslog" || (Type === "json-file" && Config["format"] === "json");
}

function configOf({ hostConfig }: Pick<ContainerRecord, "hostConfig">): string {
  return JSON.stringify(hostConfig.LogConfig);
}

/** One forwarder for each container whose driver sends its log somewhere. */
export class LogForwarders {
  readonly #options: ForwardersOptions;
  readonly #running = new Map<string, Forwarder>();
  readonly #detached = new Set<Forwarder>();
  #closed = false;

  constructor(options: ForwardersOptions) {
    this.#options = options;
  }

  /** Before a container's monitor is made: keeps the position before all that it will write. */
  prepare(record: ContainerRecord): void {
    const path = this.#options.positionPathOf(record.id);
    const kept = readPosition(path);
    if (kept === null) writePosition(path, { ...firstPosition(), file: this.#endOf(record.id) });
    else if (kept.drained) writePosition(path, { ...kept, drained: false });
  }

  /** Forwards a container's log from now on, until it has ended and all is sent. */
  watch(record: ContainerRecord): void {
    const { id } = record;
    if (this.#closed || this.#isReplaced(record) || !forwards(record) || this.#running.has(id)) return;
    const positionPath = this.#options.positionPathOf(id);
    const forwarder = new Forwarder({
      id,
      path: this.#options.pathOf(id),
      positionPath,
      position: readPosition(positionPath) ?? firstPosition(),
      config: configOf(record),
      rotation: this.#options.rotation,
      open: this.#options.openerOf(record),
      alive: () => this.#alive(id),
      log: this.#options.log,
    });
    this.#running.set(id, forwarder);
    void forwarder.done.then(() => this.#ended(id, forwarder));
  }

  /** After the daemon's start: goes on where the last one was stopped, also with containers that have ended. */
  resume(records: readonly ContainerRecord[]): void {
    for (const record of records) {
      if (!forwards(record)) continue;
      const kept = readPosition(this.#options.positionPathOf(record.id));
      if (isRunning(record) || kept?.drained === false) this.watch(record);
    }
  }

  /** The container has ended. */
  ended(id: string): void {
    this.#running.get(id)?.look();
  }

  /** The container's folder is about to be removed: what is not sent yet is sent from open files for a while. */
  release(id: string): void {
    const forwarder = this.#running.get(id);
    if (forwarder === undefined) return;
    this.#running.delete(id);
    this.#detached.add(forwarder);
    forwarder.detach(detachedMs);
    void forwarder.done.then(() => this.#detached.delete(forwarder));
  }

  /** How it goes; null for a container whose log is not forwarded now. */
  status(record: ContainerRecord): ForwardStatus | null {
    if (!forwards(record)) return null;
    const running = this.#running.get(record.id);
    if (running !== undefined) return running.status;
    const kept = readPosition(this.#options.positionPathOf(record.id)) ?? firstPosition();
    return { state: "ended", sent: kept.sent, dropped: kept.dropped, gaps: kept.gaps, error: "" };
  }

  /** Ends all of them; the next daemon goes on from the kept positions. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running.values()].map((forwarder) => forwarder.stop()));
    if (this.#detached.size === 0) return;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, farewellMs);
    const detached = [...this.#detached];
    await Promise.race([Promise.all(detached.map(({ done }) => done)), late.promise]);
    clearTimeout(timer);
    await Promise.all(detached.map((forwarder) => forwarder.stop()));
  }

  /** A container that was changed since: what its forwarder has not sent yet, the next one sends. */
  #isReplaced(record: ContainerRecord): boolean {
    const running = this.#running.get(record.id);
    if (running === undefined || running.config === configOf(record)) return false;
    this.#running.delete(record.id);
    void running.stop().then(() => {
      const now = this.#options.recordOf(record.id);
      if (now !== null && isRunning(now)) this.watch(now);
    });
    return true;
  }

  /** What a container wrote before its log was forwarded stays where it is. */
  #endOf(id: string): ForwardPosition["file"] {
    const log = openLogNow(this.#options.pathOf(id));
    if (log === null) return null;
    closeSync(log.fd);
    return { inode: String(log.inode), bornNs: String(log.bornNs), offset: log.sizeBytes };
  }

  #alive(id: string): boolean {
    const record = this.#options.recordOf(id);
    return record !== null && isRunning(record);
  }

  #ended(id: string, forwarder: Forwarder): void {
    if (this.#running.get(id) !== forwarder) return;
    this.#running.delete(id);
    const record = this.#options.recordOf(id);
    if (record === null || this.#closed) return;
    // Started again between the last look and now.
    if (isRunning(record)) this.watch(record);
    else this.#options.rotation.forget(record);
  }
}
