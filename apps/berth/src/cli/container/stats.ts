import { containerStats, listContainers, watchEvents } from "@berth/client";
import { kindOf } from "@berth/base";
import type { Command, Context } from "../command.ts";
import { formatTable } from "../format/table.ts";
import { formatHelp } from "../format/text.ts";
import { Board } from "./stats/board.ts";
import { statsColumns, statsHeaders, type StatsLine, statsRow } from "./stats/row.ts";
import { openScreen } from "./stats/screen.ts";

/** How often the numbers are shown again. */
const [terminalMs, pipeMs] = [500, 1000];
/** How long the first look waits for numbers of all containers. */
const firstMs = 2500;
/** How many containers are asked at once for a single look. */
const askedAtOnce = 100;

/** How lines become text. */
type Layout = (lines: readonly StatsLine[]) => string;

/** `berth stats`. */
export const command: Command = {
  usage: "[OPTIONS] [CONTAINER...]",
  about:
    "Without --no-stream the numbers are shown again twice a second on a terminal, once a second elsewhere, until ctrl-c. 100% is one processor.",
  flags: [
    { name: "all", short: "a", type: "bool", help: "Also containers that do not run" },
    { name: "format", type: "string", values: ["table", "json"], help: formatHelp },
    { name: "no-stream", type: "bool", help: "Look once and end" },
    { name: "no-trunc", type: "bool", help: "Show ids in full" },
  ],
  examples: [
    { line: "berth stats", does: "Watch all that runs; ctrl-c ends it" },
    { line: "berth stats --no-stream", does: "Look once" },
    { line: "berth stats --no-stream --format '{{.Name}}: {{.PIDs}}' web", does: "One value of one container" },
  ],
  seeAlso: ["top", "ps", "update"],
  offers: "running-container",
  min: 0,
  run: async (context, parsed) => {
    const layout = await layoutOf(parsed.string("format") || (context.config.statsFormat ?? "table"), !parsed.bool("no-trunc"));
    const what = { names: [...new Set(parsed.args)], all: parsed.bool("all"), layout };
    return parsed.bool("no-stream") ? showOnce(context, what) : showOn(context, what);
  },
};

interface What {
  readonly names: readonly string[];
  readonly all: boolean;
  readonly layout: Layout;
}

async function layoutOf(format: string, trunc: boolean): Promise<Layout> {
  const rows = (lines: readonly StatsLine[]): ReturnType<typeof statsRow>[] => lines.map((line) => statsRow(line, trunc));
  if (format === "table") return (lines) => formatTable(statsColumns, statsHeaders, rows(lines));
  const { formatList } = await import("../format/rows.ts");
  return (lines) => formatList({ format, headers: statsHeaders, rows: rows(lines) });
}

async function showOnce(context: Context, { names, all, layout }: What): Promise<number> {
  const containers = names.length > 0 ? names : (await listContainers(context.engine, { all })).map(({ Id }) => Id);
  const lines: StatsLine[] = [];
  const refusals: unknown[] = [];
  for (let start = 0; start < containers.length; start += askedAtOnce) {
    const asked = containers.slice(start, start + askedAtOnce);
    const answers = await Promise.allSettled(asked.map((container) => containerStats(context.engine, container)));
    for (const [index, answer] of answers.entries()) {
      if (answer.status === "fulfilled") {
        const frame = answer.value;
        lines.push({ container: asked[index] ?? "", id: frame.id, name: frame.name, frame });
      } else if (names.length > 0 || kindOf(answer.reason) !== "not-found") refusals.push(answer.reason);
    }
  }
  if (refusals.length > 0) return refuse(context, refusals);
  await context.stdout.write(layout(lines));
  return 0;
}

async function showOn(context: Context, { names, all, layout }: What): Promise<number> {
  const board = new Board(context.engine);
  let over = false;
  let first: readonly Promise<void>[];
  if (names.length > 0) first = names.map((name) => board.add(name));
  else {
    // Events first: what starts while the list is made is not missed.
    const changes = watchEvents(context.engine, { filters: { type: ["container"] } });
    void followChanges(board, changes, all).finally(() => {
      over = true;
    });
    first = (await listContainers(context.engine, { all })).map(({ Id }) => board.add(Id));
  }
  const outcomes = await Promise.race([Promise.allSettled(first), Bun.sleep(firstMs).then(() => [])]);
  const refusals = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  if (names.length > 0 && refusals.length > 0) return refuse(context, refusals);
  const show = openScreen(context.stdout);
  while (!over && (names.length === 0 || board.size > 0)) {
    await show(layout(board.lines()));
    await Bun.sleep(context.stdout.isTerminal ? terminalMs : pipeMs);
  }
  return 0;
}

/** Adds what begins and removes what ends, until the engine ends. */
async function followChanges(board: Board, changes: ReturnType<typeof watchEvents>, all: boolean): Promise<void> {
  for await (const { Action, Actor } of changes) {
    if (Action === "start" || (all && Action === "create")) board.add(Actor.ID).catch(() => undefined);
    else if (Action === "destroy" || (!all && Action === "die")) board.remove(Actor.ID);
  }
}

async function refuse(context: Context, refusals: readonly unknown[]): Promise<number> {
  const { reportOne } = await import("../report.ts");
  for (const refusal of refusals) await reportOne(refusal, context.stderr);
  return 1;
}
