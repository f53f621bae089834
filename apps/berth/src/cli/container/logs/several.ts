import { kindOf } from "@berth/base";
import { inspectContainer, listContainers, type LogOptions, readLogs, watchEvents } from "@berth/client";
import type { Context } from "../../command.ts";
import { type LogLine, readLogLines } from "./lines.ts";
import { LogMerger, type MergedLine } from "./merge.ts";
import { Prefixes } from "./prefix.ts";

/** Whose logs. */
export interface Selection {
  readonly names: readonly string[];
  /** `KEY` or `KEY=VALUE`; a container has to have all of them. */
  readonly labels: readonly string[];
  readonly all: boolean;
}

/** Which part of each log, and how lines are shown. */
export interface Several {
  readonly selection: Selection;
  readonly part: Omit<LogOptions, "timestamps" | "stdout" | "stderr">;
  readonly timestamps: boolean;
  readonly colour: boolean;
}

/** A container, and how far its log was read. */
interface Owner {
  readonly id: string;
  readonly name: string;
  readonly tty: boolean;
  lastTime: string;
  reading: boolean;
  /** It started again while its log was still being read. */
  again: boolean;
}

/** Each log takes a connection; a client has only so many. */
const logsMax = 200;

/** Shows logs of several containers as one. When they are followed, containers that start later join in. */
export async function showSeveral(context: Context, { selection, part, timestamps, colour }: Several): Promise<number> {
  const reader = new LogReader(context, selection, part);
  const terminal = context.stdout.isTerminal;
  const prefixes = new Prefixes({ terminal, colour: terminal && colour && !process.env["NO_COLOR"] });
  const starting = reader.begin((name) => prefixes.introduce(name));
  starting.catch(() => reader.merger.close());
  for await (const lines of reader.merger.lines()) {
    await print(context, lines, (owner, line) => `${prefixes.of(owner.name)}${timestamps ? `${line.time} ` : ""}`);
  }
  await starting;
  return reader.failed ? 1 : 0;
}

/** Neighbours of one stream are written together; the order between the streams stays. */
async function print(
  context: Context,
  lines: readonly MergedLine<Owner>[],
  prefix: (owner: Owner, line: LogLine) => string,
): Promise<void> {
  let stream: 1 | 2 = 1;
  let waiting: Uint8Array[] = [];
  const flush = async (): Promise<void> => {
    if (waiting.length > 0) await (stream === 1 ? context.stdout : context.stderr).write(Buffer.concat(waiting));
    waiting = [];
  };
  for (const { owner, line } of lines) {
    if (line.stream !== stream) await flush();
    stream = line.stream;
    waiting.push(Buffer.from(prefix(owner, line)), line.text, Buffer.from("\n"));
  }
  await flush();
}

class LogReader {
  readonly merger: LogMerger<Owner> = new LogMerger<Owner>(Date.now());
  /** Whether a log could not be read that was asked for by name. */
  failed = false;
  readonly #context: Context;
  readonly #selection: Selection;
  readonly #part: Several["part"];
  readonly #owners = new Map<string, Owner>();
  readonly #stop = new AbortController();
  #reading = 0;
  #begun = false;

  constructor(context: Context, selection: Selection, part: Several["part"]) {
    this.#context = context;
    this.#selection = selection;
    this.#part = part;
  }

  /** Begins with the containers that are there. @throws not-found for a name that nobody has */
  async begin(introduce: (name: string) => void): Promise<void> {
    const { engine } = this.#context;
    const { names, labels, all } = this.#selection;
    const chosen: Owner[] = [];
    for (const container of await Promise.all([...new Set(names)].map((name) => inspectContainer(engine, name)))) {
      chosen.push(ownerOf(container));
    }
    // Before the list is made: what starts meanwhile is not missed.
    if (this.#part.follow === true)
      void this.#join(
        chosen.map(({ id }) => id),
        introduce,
      );
    if (all || labels.length > 0) {
      const listed = await listContainers(engine, { all: true, ...(labels.length === 0 ? {} : { filters: { label: labels } }) });
      for (const { Id } of listed.reverse()) {
        const found = await this.#lookup(Id);
        if (found !== null && !chosen.some(({ id }) => id === found.id)) chosen.push(found);
      }
    }
    if (chosen.length > logsMax) {
      throw new Error(`these are ${chosen.length} containers, and ${logsMax} logs can be shown at once\nChoose fewer by name or --label.`);
    }
    for (const { name } of chosen) introduce(name);
    for (const owner of chosen) if (!this.#owners.has(owner.id)) this.#read(owner, this.#part);
    this.#begun = true;
    this.#closeWhenDone();
  }

  /** Starts of chosen containers, as long as anything is followed. */
  async #join(ids: readonly string[], introduce: (name: string) => void): Promise<void> {
    const { labels, all } = this.#selection;
    const filters = { type: ["container"], event: ["start"], ...(labels.length === 0 || ids.length > 0 ? {} : { label: labels }) };
    try {
      for await (const { Actor } of watchEvents(this.#context.engine, { filters, signal: this.#stop.signal })) {
        const known = this.#owners.get(Actor.ID);
        if (known?.reading === true) {
          known.again = true;
          continue;
        }
        const isChosen = all || ids.includes(Actor.ID) || (labels.length > 0 && hasLabels(Actor.Attributes ?? {}, labels));
        if (!isChosen) continue;
        const owner = known ?? (await this.#lookup(Actor.ID));
        if (owner === null || owner.reading || this.#reading >= logsMax) continue;
        introduce(owner.name);
        this.#readOn(owner);
      }
    } catch {
      // The engine is gone, or nothing is followed any more.
    }
    this.#begun = true;
    this.#stop.abort();
    this.#closeWhenDone();
  }

  /** What it wrote before, while it was known, has been shown. */
  #readOn(owner: Owner): void {
    this.#read(owner, { follow: true, ...(owner.lastTime === "" ? {} : { since: secondsOf(owner.lastTime) }) });
  }

  #read(owner: Owner, part: Several["part"]): void {
    this.#owners.set(owner.id, owner);
    const lastTime = owner.lastTime;
    owner.reading = true;
    this.#reading++;
    void this.merger
      .add(owner, this.#blocks(owner, part, lastTime), { follows: part.follow === true })
      .catch((error: unknown) => this.#note(owner, error))
      .finally(() => {
        owner.reading = false;
        this.#reading--;
        if (owner.again && !this.#stop.signal.aborted) {
          owner.again = false;
          this.#readOn(owner);
        } else this.#closeWhenDone();
      });
  }

  async *#blocks(owner: Owner, part: Several["part"], after: string): AsyncGenerator<readonly LogLine[]> {
    const body = await readLogs(this.#context.engine, owner.id, { ...part, stdout: true, stderr: true, timestamps: true });
    yield [];
    if (body === null) return;
    for await (const lines of readLogLines(body, owner.tty)) {
      const fresh = after === "" ? lines : lines.filter(({ time }) => time > after);
      owner.lastTime = fresh.at(-1)?.time ?? owner.lastTime;
      yield fresh;
    }
  }

  async #note(owner: Owner, error: unknown): Promise<void> {
    const chosenByName = this.#selection.names.some((name) => owner.name === name.replace(/^\//, "") || owner.id.startsWith(name));
    if (!chosenByName && kindOf(error) === "not-found") return;
    if (chosenByName) this.failed = true;
    const { reportOne } = await import("../../report.ts");
    await reportOne(
      new Error(`${owner.name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error }),
      this.#context.stderr,
    );
  }

  async #lookup(id: string): Promise<Owner | null> {
    try {
      return ownerOf(await inspectContainer(this.#context.engine, id));
    } catch (error) {
      if (kindOf(error) === "not-found") return null;
      throw error;
    }
  }

  /** Names end with their containers, as docker's logs do; labels and `--all` wait for more. */
  #closeWhenDone(): void {
    const { all, labels } = this.#selection;
    const waitsForMore = this.#part.follow === true && (all || labels.length > 0) && !this.#stop.signal.aborted;
    if (!this.#begun || this.#reading > 0 || waitsForMore) return;
    this.#stop.abort();
    this.merger.close();
  }
}

function ownerOf(container: { readonly Id: string; readonly Name: string; readonly Config: { readonly Tty: boolean } }): Owner {
  return {
    id: container.Id,
    name: container.Name.replace(/^\//, ""),
    tty: container.Config.Tty,
    lastTime: "",
    reading: false,
    again: false,
  };
}

function hasLabels(attributes: Readonly<Record<string, string>>, labels: readonly string[]): boolean {
  return labels.every((label) => {
    const at = label.indexOf("=");
    return at < 0 ? Object.hasOwn(attributes, label) : attributes[label.slice(0, at)] === label.slice(at + 1);
  });
}

/** As `since` takes it. */
function secondsOf(time: string): string {
  return `${Math.floor(Date.parse(`${time.slice(0, 19)}Z`) / 1000)}.${time.slice(20, 29)}`;
}
