import type { Headers, Row } from "./rows.ts";
import { formatTable } from "./table.ts";
import { ellipsis } from "./text.ts";

/** How a table gives way to a narrow terminal. Columns are named as in the rows. */
export interface FitPlan {
  /** Columns that have a shorter way to say the same, the first to use it first. */
  readonly compact: readonly string[];
  /** How far columns may be cut, the first to be cut first. */
  readonly cut: readonly (readonly [column: string, minWidth: number])[];
  /** Columns that are left out at last, the most dispensable first. */
  readonly drop: readonly string[];
  /** Columns whose end says more than their beginning. */
  readonly keepsEnd: ReadonlySet<string>;
}

/** A table to be fitted. */
export interface FitTable {
  readonly columns: readonly string[];
  readonly headers: Headers;
  readonly rows: readonly Row[];
  /** The same rows, with shorter words in the columns that `plan.compact` names. */
  readonly compactRows: readonly Row[];
  readonly width: number;
  readonly plan: FitPlan;
}

const gap = 2;

/**
 * The lines of a table, the header first, none wider than `width`: docker's table where it fits; else columns say things
 * shorter, are cut, and are left out in the end.
 */
export function fitTable(table: FitTable): string[] {
  const { headers, rows, width, plan } = table;
  const wide = formatTable(table.columns, headers, rows).trimEnd().split("\n");
  if (wide.every((line) => Bun.stringWidth(line) <= width)) return wide;
  const compacted = new Set<string>();
  const columnsBut = (left: readonly string[]): Column[] =>
    table.columns
      .filter((name) => !left.includes(name))
      .map((name) => columnOf(name, headers, compacted.has(name) ? table.compactRows : rows));
  let columns = columnsBut([]);
  for (const name of plan.compact) {
    if (overhang(columns, width) <= 0) break;
    compacted.add(name);
    columns = columnsBut([]);
  }
  // What is left out makes room that the others need not give.
  for (let left = 0; overhang(columns, width) > 0 && left <= plan.drop.length; left++) {
    columns = cutColumns(columnsBut(plan.drop.slice(0, left)), table);
  }
  return [-1, ...rows.keys()].map((row) => lineOf(columns, { row, width, plan }));
}

interface Column {
  readonly name: string;
  readonly header: string;
  readonly cells: readonly string[];
  readonly width: number;
}

function overhang(columns: readonly Column[], width: number): number {
  return columns.reduce((sum, { width: own }) => sum + own, 0) + gap * (columns.length - 1) - width;
}

function cutColumns(columns: readonly Column[], { plan, width }: FitTable): Column[] {
  let cut = [...columns];
  for (const [name, minWidth] of plan.cut) {
    const missing = overhang(cut, width);
    if (missing <= 0) break;
    cut = cut.map((each) =>
      each.name === name ? { ...each, width: Math.min(each.width, Math.max(minWidth, each.width - missing)) } : each,
    );
  }
  return cut;
}

function columnOf(name: string, headers: Headers, rows: readonly Row[]): Column {
  const header = headers[name] ?? "";
  const cells = rows.map((row) => String(row[name]));
  return { name, header, cells, width: Math.max(...[header, ...cells].map((cell) => Bun.stringWidth(cell))) };
}

function lineOf(columns: readonly Column[], at: { readonly row: number; readonly width: number; readonly plan: FitPlan }): string {
  const line = columns
    .map(({ name, header, cells, width }) => {
      const text = cells[at.row] ?? header;
      const cut = at.row >= 0 && at.plan.keepsEnd.has(name) ? ellipsisBefore(text, width) : ellipsis(text, width);
      return cut + " ".repeat(Math.max(0, width - Bun.stringWidth(cut)));
    })
    .join(" ".repeat(gap));
  return ellipsis(line.trimEnd(), at.width);
}

/** Shortens text to a width on the screen, with `…` in the place of its beginning. */
export function ellipsisBefore(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  let kept = "";
  let used = 1;
  for (const character of Array.from(text).toReversed()) {
    used += Bun.stringWidth(character);
    if (used > width) break;
    kept = character + kept;
  }
  return `…${kept}`;
}
