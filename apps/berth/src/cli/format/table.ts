import type { Headers, Row } from "./rows.ts";

/** How columns are laid out. */
export interface TableLayout {
  readonly minWidth: number;
  readonly padding: number;
}

/** docker's lists. */
export const listLayout: TableLayout = { minWidth: 10, padding: 3 };

/**
 * A list with headers, made of fields that are text: what the template `table {{.A}}\t{{.B}}` gives, without the time
 * that loading and running templates takes.
 */
export function formatTable(columns: readonly string[], headers: Headers, rows: readonly Row[]): string {
  const lines = [headers, ...rows].map((row) => `${columns.map((name) => String(row[name])).join("\t")}\n`);
  return alignColumns(lines.join(""), listLayout);
}

/**
 * Aligns text whose cells end with tabs, as Go's text/tabwriter does (elastic tab stops): a column is as wide as the
 * widest cell of the lines that follow one another and have that cell; the last cell of a line has no column.
 */
export function alignColumns(text: string, layout: TableLayout): string {
  const lines = text.split("\n").map((line) => line.split("\t"));
  const sizes = lines.map((cells) => cells.map((cell) => Bun.stringWidth(cell)));
  const widths: number[][] = lines.map(() => []);
  measure({ sizes, widths, from: 0, to: lines.length, column: 0, layout });
  return lines
    .map((cells, row) =>
      cells
        .map((cell, column) => {
          const width = widths[row]?.[column];
          return column === cells.length - 1 || width === undefined
            ? cell
            : cell + " ".repeat(Math.max(0, width - (sizes[row]?.[column] ?? 0)));
        })
        .join(""),
    )
    .join("\n");
}

interface Block {
  /** How wide each cell's text is. */
  readonly sizes: readonly (readonly number[])[];
  readonly widths: number[][];
  readonly from: number;
  readonly to: number;
  readonly column: number;
  readonly layout: TableLayout;
}

function measure(block: Block): void {
  const { sizes, widths, to, column, layout } = block;
  let row = block.from;
  while (row < to) {
    if (column >= (sizes[row]?.length ?? 0) - 1) {
      row++;
      continue;
    }
    let end = row;
    let width = layout.minWidth;
    while (end < to && column < (sizes[end]?.length ?? 0) - 1) {
      width = Math.max(width, (sizes[end]?.[column] ?? 0) + layout.padding);
      end++;
    }
    for (let line = row; line < end; line++) widths[line]?.push(width);
    measure({ ...block, from: row, to: end, column: column + 1 });
    row = end;
  }
}
