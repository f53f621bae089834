import { type ContainerSummary, formatBinarySize, type StatsFrame } from "@berth/spec";
import type { FitPlan } from "../../format/fit.ts";
import type { Headers, Row } from "../../format/rows.ts";
import { shortDurations } from "../ls/compact.ts";
import { memoryUsed, processorPart, statsHeaders, statsRow } from "../stats/row.ts";

/** A container, and what it uses; no frame when it does not run or nothing came yet. */
export interface Entry {
  readonly container: ContainerSummary;
  readonly name: string;
  readonly frame: StatsFrame | null;
}

/** The words above the columns of the overview. */
export const headers: Headers = { ...statsHeaders, Status: "STATUS", State: "STATE", Health: "HEALTH", Image: "IMAGE" };
export const columns = ["Name", "Status", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"] as const;

/** How the overview gives way to a narrow terminal. */
export const plan: FitPlan = {
  compact: [],
  cut: [
    ["Name", 24],
    ["Status", 20],
    ["Name", 16],
    ["Status", 12],
  ],
  drop: ["BlockIO", "NetIO", "MemPerc", "PIDs", "MemUsage"],
  keepsEnd: new Set(),
};

/** A container as the fields of `top --format`. */
export function overviewRow({ container, name, frame }: Entry): Row {
  const { Id: id, Status: status, State, Image } = container;
  const [, Health = ""] = /\((?:health: )?(starting|healthy|unhealthy)\)$/.exec(status) ?? [];
  return { ...statsRow({ container: id, id, name, frame }, true), Image, State, Health, Status: shortDurations(status) };
}

/** What the overview is ordered by, the key that asks for it, and its place in the last line. */
export const orders = [
  { name: "cpu", key: "c" },
  { name: "memory", key: "m" },
  { name: "net", key: "t" },
  { name: "io", key: "i" },
  { name: "pids", key: "p" },
  { name: "name", key: "n" },
  { name: "status", key: "s" },
] as const;
export type OrderName = (typeof orders)[number]["name"];

/** An order, possibly the other way round. */
export interface Order {
  readonly name: OrderName;
  readonly reversed: boolean;
}

/** Reads `--sort`. @throws Error naming what there is */
export function parseOrder(text: string): Order {
  const reversed = text.startsWith("-");
  const found = orders.find(({ name }) => name === text.replace(/^-/, ""));
  if (found === undefined)
    throw new Error(`one of ${orders.map(({ name }) => name).join(", ")}, and -cpu and so on for the other way round`);
  return { name: found.name, reversed };
}

/** The greatest first, names and states from A on; what is equal by name. */
export function inOrder(entries: readonly Entry[], order: Order): Entry[] {
  const value = values[order.name];
  const direction = order.reversed ? -1 : 1;
  return entries.toSorted((left, right) => {
    const [one, other] = [value(left), value(right)];
    return direction * (one < other ? -1 : one > other ? 1 : 0) || (left.name < right.name ? -1 : 1);
  });
}

const amount =
  (read: (frame: StatsFrame) => number) =>
  ({ frame }: Entry): number =>
    frame === null ? 1 : -read(frame);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const values: Readonly<Record<OrderName, (entry: Entry) => number | string>> = {
  cpu: amount(processorPart),
  memory: amount(memoryUsed),
  net: amount(({ networks }) => sum(Object.values(networks ?? {}).map((each) => each.rx_bytes + each.tx_bytes))),
  io: amount(({ blkio_stats: io }) =>
    sum((io.io_service_bytes_recursive ?? []).filter(({ op }) => /^(read|write)$/i.test(op)).map(({ value }) => value)),
  ),
  pids: amount(({ pids_stats: pids }) => pids.current ?? 0),
  name: ({ name }) => name,
  status: ({ container }) => container.State,
};

/** All of them in one line. */
export function summary(entries: readonly Entry[]): string {
  const states = new Map<string, number>();
  for (const { container } of entries) states.set(container.State, (states.get(container.State) ?? 0) + 1);
  const parts = [...states].sort(([, one], [, other]) => other - one).map(([state, count]) => `${count} ${state}`);
  const unhealthy = entries.filter(({ container }) => container.Status.endsWith("(unhealthy)")).length;
  if (unhealthy > 0) parts.push(`${unhealthy} unhealthy`);
  const frames = entries.flatMap(({ frame }) => (frame === null ? [] : [frame]));
  const usage = { processors: sum(frames.map(processorPart)), memory: sum(frames.map(memoryUsed)) };
  return `${parts.join(", ") || "no containers"}   CPU ${(usage.processors * 100).toFixed(1)}%   memory ${formatBinarySize(usage.memory)}`;
}
