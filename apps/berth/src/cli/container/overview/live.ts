import { writeSync } from "node:fs";
import { listContainers, watchEvents } from "@berth/client";
import type { ContainerSummary } from "@berth/spec";
import type { Context } from "../../command.ts";
import { Doorbell } from "../../doorbell.ts";
import { fitTable } from "../../format/fit.ts";
import { ellipsis } from "../../format/text.ts";
import { enterTerminal } from "../../stream/terminal.ts";
import { Board } from "../stats/board.ts";
import { columns, type Entry, headers, inOrder, type Order, orders, overviewRow, plan, summary } from "./row.ts";

const drawMs = 1000;
/** The list is read anew at every event, and as often without one. */
const listMs = 2000;
const [enterScreen, leaveScreen] = ["\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"];
const [home, restOfLine, restOfScreen] = ["\x1b[H", "\x1b[K", "\x1b[J"];
const [bold, inverse, red, yellow, faint, reset] = ["\x1b[1m", "\x1b[7m", "\x1b[31m", "\x1b[33m", "\x1b[2m", "\x1b[0m"];

/** How the overview begins. */
export interface LiveOptions {
  readonly order: Order;
  readonly all: boolean;
}

/** Shows the overview until somebody types `q`, or the engine goes away. */
export async function showLive(context: Context, options: LiveOptions): Promise<number> {
  const live = new Live(context, options);
  await live.refresh();
  const restore = await takeScreen();
  try {
    return await live.run();
  } finally {
    restore();
  }
}

class Live {
  readonly #context: Context;
  readonly #board: Board;
  readonly #news = new Doorbell();
  readonly #listNews = new Doorbell();
  readonly #stop = new AbortController();
  #order: Order;
  #all: boolean;
  #containers: readonly ContainerSummary[] = [];
  /** How many lines are above the screen. */
  #scrolled = 0;
  #trouble: Error | null = null;

  constructor(context: Context, { order, all }: LiveOptions) {
    this.#context = context;
    this.#board = new Board(context.engine);
    this.#order = order;
    this.#all = all;
  }

  /** Reads which containers there are, and follows what those use that run. */
  async refresh(): Promise<void> {
    this.#containers = await listContainers(this.#context.engine, { all: this.#all });
    const running = new Set(this.#containers.filter(({ State }) => State === "running" || State === "paused").map(({ Id }) => Id));
    for (const { id } of this.#board.lines()) if (!running.has(id)) this.#board.remove(id);
    for (const id of running)
      this.#board.add(id).then(
        () => this.#news.ring(),
        () => undefined,
      );
  }

  async run(): Promise<number> {
    const { signal } = this.#stop;
    const quit = (): void => this.#stop.abort();
    const redraw = (): void => this.#news.ring();
    const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const each of endings) process.on(each, quit);
    process.on("SIGWINCH", redraw);
    signal.addEventListener("abort", redraw, { once: true });
    void this.#readKeys();
    void this.#followEvents();
    void this.#keepList();
    try {
      while (!signal.aborted) {
        await this.#draw();
        await this.#news.next(drawMs, signal);
      }
    } finally {
      for (const each of endings) process.off(each, quit);
      process.off("SIGWINCH", redraw);
    }
    if (this.#trouble !== null) throw this.#trouble;
    return 0;
  }

  async #followEvents(): Promise<void> {
    const { signal } = this.#stop;
    try {
      for await (const _event of watchEvents(this.#context.engine, { filters: { type: ["container"], event: listed }, signal }))
        this.#listNews.ring();
    } catch {
      // The list tells when the engine is gone.
    }
  }

  async #keepList(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#listNews.next(listMs, signal);
      try {
        await this.refresh();
      } catch (error) {
        this.#trouble = error instanceof Error ? error : new Error(String(error));
        this.#stop.abort();
      }
      this.#news.ring();
    }
  }

  async #readKeys(): Promise<void> {
    if (process.stdin.isTTY !== true) return;
    for await (const typed of process.stdin as AsyncIterable<Buffer>) {
      for (const key of keysOf(typed.toString("latin1"))) this.#press(key);
      this.#news.ring();
    }
  }

  #press(key: string): void {
    const order = orders.find((candidate) => candidate.key === key);
    if (order !== undefined) this.#order = { name: order.name, reversed: order.name === this.#order.name ? !this.#order.reversed : false };
    else if (key === "a") {
      this.#all = !this.#all;
      this.#listNews.ring();
    } else if (key === "down" || key === "j") this.#scrolled++;
    else if (key === "up" || key === "k") this.#scrolled = Math.max(0, this.#scrolled - 1);
    else if (key === "q" || key === "\x03" || key === "\x04" || key === "escape") this.#stop.abort();
  }

  #entries(): Entry[] {
    const frames = new Map(this.#board.lines().map(({ container, frame }) => [container, frame]));
    const entries = this.#containers.map((container): Entry => {
      const name = (container.Names ?? []).map((each) => each.replace(/^\//, "")).find((each) => !each.includes("/")) ?? "";
      return { container, name, frame: frames.get(container.Id) ?? null };
    });
    return inOrder(entries, this.#order);
  }

  async #draw(): Promise<void> {
    const { rows, columns: width } = this.#context.stdout.size() ?? { rows: 24, columns: 80 };
    const entries = this.#entries();
    const table = entries.map(overviewRow);
    const [header = "", ...lines] = fitTable({ columns, headers, rows: table, compactRows: table, width, plan });
    const room = Math.max(1, rows - 4);
    this.#scrolled = Math.max(0, Math.min(this.#scrolled, lines.length - room));
    const shown = lines.slice(this.#scrolled, this.#scrolled + room);
    const painted = shown.map((line, index) => paint(line, entries[this.#scrolled + index]));
    const frame = [`${bold}${ellipsis(summary(entries), width)}${reset}`, "", `${inverse}${header.padEnd(width)}${reset}`, ...painted];
    const hidden = lines.length - shown.length;
    // The last line keeps its place at the foot of the screen.
    const foot = `\x1b[${rows};1H${faint}${ellipsis(footText(this.#order, { all: this.#all, hidden, width }), width)}${reset}${restOfLine}`;
    const text = frame.slice(0, rows - 1).map((line) => `${line}${restOfLine}`);
    await this.#context.stdout.write(`${home}${text.join("\r\n")}${restOfScreen}${foot}`);
  }
}

/** Events after which the list looks another way. */
const listed = [
  "create",
  "start",
  "die",
  "pause",
  "unpause",
  "rename",
  "destroy",
  "health_status: healthy",
  "health_status: unhealthy",
  "health_status",
];

function paint(line: string, entry: Entry | undefined): string {
  if (entry === undefined) return line;
  const { State: state, Status: status } = entry.container;
  const colour =
    status.endsWith("(unhealthy)") || state === "dead" || state === "restarting"
      ? red
      : state === "paused"
        ? yellow
        : state === "running"
          ? ""
          : faint;
  return colour === "" ? line : `${colour}${line}${reset}`;
}

function footText(order: Order, list: { readonly all: boolean; readonly hidden: number; readonly width: number }): string {
  const more = list.hidden > 0 ? `${list.hidden} more: up, down   ` : "";
  const begin = `q quit   a ${list.all ? "running only" : "all"}   ${more}sort: `;
  const now = `${order.name}${order.reversed ? " reversed" : ""}`;
  const long = begin + orders.map(({ name, key }) => (name === order.name ? `[${key} ${now}]` : `${key} ${name}`)).join("  ");
  return long.length <= list.width ? long : `${begin}${orders.map(({ key }) => key).join(" ")} [${now}]`;
}

/** Keys of what was typed at once; arrows come as three characters. */
function keysOf(text: string): string[] {
  // oxlint-disable-next-line no-control-regex
  return (text.match(/\x1b\[[A-D]|\x1bO[A-D]|[\s\S]/g) ?? []).map((key) => {
    if (key.length === 3) return { A: "up", B: "down" }[key.charAt(2)] ?? "";
    return key === "\x1b" ? "escape" : key;
  });
}

/** Takes a screen of its own, so that the user's is as it was afterwards; also when the process ends in another way. */
async function takeScreen(): Promise<() => void> {
  const restoreMode = await enterTerminal();
  const restore = (): void => {
    process.off("exit", restore);
    try {
      writeSync(1, leaveScreen);
    } catch {
      // The terminal is gone.
    }
    restoreMode();
  };
  process.on("exit", restore);
  writeSync(1, enterScreen);
  return restore;
}
