import type { ContainerSummary } from "@berth/spec";
import { printable } from "../../format/text.ts";
import type { Grouping } from "./options.ts";

/** Containers with the same value, in the order of the list. */
export interface Group {
  readonly heading: string;
  readonly members: readonly ContainerSummary[];
}

/** Divides a list; values in their order, those without one last. */
export function groupContainers(containers: readonly ContainerSummary[], { label, title, none }: Grouping): Group[] {
  const groups = new Map<string | undefined, ContainerSummary[]>();
  for (const container of containers) {
    const value = container.Labels?.[label];
    const members = groups.get(value) ?? [];
    members.push(container);
    groups.set(value, members);
  }
  return [...groups]
    .sort(([left], [right]) => (left === undefined ? 1 : right === undefined ? -1 : left < right ? -1 : 1))
    .map(([value, members]) => ({ heading: `${value === undefined ? none : title(printable(value))} (${countText(members)})`, members }));
}

function countText(members: readonly ContainerSummary[]): string {
  const running = members.filter(({ State }) => State === "running").length;
  const all = members.length;
  return running === all ? `${all} running` : `${running} of ${all} running`;
}
