import { listContainers } from "@berth/client";
import type { Context } from "../../command.ts";
import { formatList } from "../../format/rows.ts";
import { formatTable } from "../../format/table.ts";
import { readUsage } from "../ls/sort.ts";
import { columns, type Entry, headers, inOrder, type Order, overviewRow } from "./row.ts";

/** Shows the overview once: a table, or by a format. */
export async function showSnapshot(
  context: Context,
  how: { readonly order: Order; readonly all: boolean; readonly format: string },
): Promise<number> {
  const containers = await listContainers(context.engine, { all: how.all });
  const usage = await readUsage(context.engine, containers);
  const entries = containers.map((container): Entry => {
    const name = (container.Names ?? []).map((each) => each.replace(/^\//, "")).find((each) => !each.includes("/")) ?? "";
    return { container, name, frame: usage.get(container.Id) ?? null };
  });
  const rows = inOrder(entries, how.order).map(overviewRow);
  const { format } = how;
  await context.stdout.write(format === "table" ? formatTable(columns, headers, rows) : formatList({ format, headers, rows }));
  return 0;
}
