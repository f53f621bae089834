import { containerStats, type Connection } from "@berth/client";
import { kindOf } from "@berth/base";
import { type ContainerSummary, formatBinarySize, type StatsFrame } from "@berth/spec";
import type { Row } from "../../format/rows.ts";
import { memoryUsed, processorPart } from "../stats/row.ts";
import type { SortKey, SortOrder } from "./options.ts";

/** What a container uses; undefined when it does not run. */
export type Usage = ReadonlyMap<string, StatsFrame>;

const askedAtOnce = 50;

/** Asks what containers that run use now. */
export async function readUsage(engine: Connection, containers: readonly ContainerSummary[]): Promise<Usage> {
  const usage = new Map<string, StatsFrame>();
  const running = containers.filter(({ State }) => State === "running" || State === "paused");
  for (let start = 0; start < running.length; start += askedAtOnce) {
    await Promise.all(
      running.slice(start, start + askedAtOnce).map(async ({ Id }) => {
        try {
          usage.set(Id, await containerStats(engine, Id));
        } catch (error) {
          // It has ended and gone meanwhile.
          if (kindOf(error) !== "not-found" && kindOf(error) !== "conflict") throw error;
        }
      }),
    );
  }
  return usage;
}

/** Columns for a list that is ordered by use. */
export function usageColumns(frame: StatsFrame | undefined): Row {
  if (frame === undefined) return { CPU: "--", Memory: "--" };
  return { CPU: `${(processorPart(frame) * 100).toFixed(2)}%`, Memory: formatBinarySize(memoryUsed(frame)) };
}

/** States in the order in which somebody looks for them. */
const states = ["running", "restarting", "paused", "created", "exited", "removing", "dead"];

/** The containers in order; where two are equal the order stays as it was. */
export function sortContainers(containers: readonly ContainerSummary[], order: SortOrder, usage: Usage): ContainerSummary[] {
  const compare = comparisons(usage)[order.key];
  return containers.toSorted((left, right) => (order.reversed ? -1 : 1) * compare(left, right));
}

type Compare = (left: ContainerSummary, right: ContainerSummary) => number;

function comparisons(usage: Usage): Readonly<Record<SortKey, Compare>> {
  const words =
    (text: (container: ContainerSummary) => string): Compare =>
    (left, right) =>
      text(left) < text(right) ? -1 : text(left) > text(right) ? 1 : 0;
  const numbers =
    (value: (container: ContainerSummary) => number): Compare =>
    (left, right) =>
      value(right) - value(left);
  const used =
    (value: (frame: StatsFrame) => number): Compare =>
    (left, right) =>
      numbers(({ Id }) => {
        const frame = usage.get(Id);
        return frame === undefined ? -1 : value(frame);
      })(left, right);
  const state: Compare = (left, right) => states.indexOf(left.State) - states.indexOf(right.State);
  return {
    name: words(({ Names }) => nameOf(Names)),
    image: words(({ Image }) => Image),
    created: numbers(({ Created }) => Created),
    status: (left, right) => state(left, right) || right.Created - left.Created,
    size: numbers(({ SizeRw }) => SizeRw ?? 0),
    cpu: used(processorPart),
    memory: used(memoryUsed),
  };
}

function nameOf(names: readonly string[] | null | undefined): string {
  const bare = (names ?? []).map((name) => name.replace(/^\//, ""));
  return bare.find((name) => !name.includes("/")) ?? "";
}
