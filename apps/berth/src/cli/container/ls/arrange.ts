import type { ContainerSummary } from "@berth/spec";
import type { Context } from "../../command.ts";
import { fitTable } from "../../format/fit.ts";
import type { Row } from "../../format/rows.ts";
import { formatList } from "../../format/rows.ts";
import { formatTable } from "../../format/table.ts";
import { ellipsis } from "../../format/text.ts";
import { containerHeaders, containerRow } from "../row.ts";
import { compactRow, listPlan } from "./compact.ts";
import { groupContainers } from "./group.ts";
import type { Grouping, SortOrder } from "./options.ts";
import { readUsage, sortContainers, usageColumns } from "./sort.ts";

/** What was asked of the list besides docker's. */
export interface Arrangement {
  readonly sort: SortOrder | undefined;
  readonly grouping: Grouping | undefined;
  /** `table …`, or another format that counts as docker's. */
  readonly format: string;
  /** The default table, and its columns. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly trunc: boolean;
  /** Of a terminal that the table has to fit; undefined: as docker does it. */
  readonly width?: number;
}

const headers = { ...containerHeaders, CPU: "CPU %", Memory: "MEMORY" };

/** Shows containers in an order, in groups, or fitted to a terminal. */
export async function showArranged(context: Context, listed: readonly ContainerSummary[], how: Arrangement): Promise<number> {
  const { sort, grouping, format } = how;
  const uses = sort?.key === "cpu" || sort?.key === "memory";
  const usage = uses ? await readUsage(context.engine, listed) : new Map<string, never>();
  const sorted = sort === undefined ? listed : sortContainers(listed, sort, usage);
  const groups = grouping === undefined ? undefined : groupContainers(sorted, grouping);
  const containers = groups?.flatMap(({ members }) => members) ?? sorted;
  const nowMs = Date.now();
  const rows = containers.map((container): Row => {
    const row = containerRow(container, { trunc: how.trunc, nowMs });
    return uses ? Object.assign(row, usageColumns(usage.get(container.Id))) : row;
  });
  if (!format.startsWith("table")) {
    await context.stdout.write(formatList({ format, headers, rows }));
    return 0;
  }
  const [header = "", ...lines] = tableLines(rows, how, uses);
  const output = [header];
  let at = 0;
  for (const { heading, members } of groups ?? [{ heading: "", members: containers }]) {
    if (heading !== "") output.push(how.width === undefined ? heading : emphasized(ellipsis(heading, how.width)));
    output.push(...lines.slice(at, at + members.length));
    at += members.length;
  }
  await context.stdout.write(`${output.join("\n")}\n`);
  return 0;
}

function emphasized(text: string): string {
  return process.env["NO_COLOR"] ? text : `\x1b[1m${text}\x1b[0m`;
}

/** The header, and a line for each row. */
function tableLines(rows: readonly Row[], how: Arrangement, uses: boolean): string[] {
  const { format, table, width } = how;
  if (!format.startsWith(table)) return formatList({ format, headers, rows }).replace(/\n$/, "").split("\n");
  const more = [...(format === table && how.sort?.key !== "size" ? [] : ["Size"]), ...(uses ? ["CPU", "Memory"] : [])];
  const columns = [...how.columns, ...more];
  if (width === undefined) return formatTable(columns, headers, rows).replace(/\n$/, "").split("\n");
  return fitTable({ columns, headers, rows, compactRows: rows.map(compactRow), width, plan: listPlan });
}
