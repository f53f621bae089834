/** A line of a help: what can be written, and what it does. */
export type HelpRow = readonly [left: string, right: string];

/** The widest first column; what is longer stands on a line of its own. */
const widestLeft = 30;
const gap = 2;
/** Lines longer than this are hard to read, however wide the terminal is. */
const widestLine = 100;
const narrowestRight = 24;

/** How wide the first column of rows is, so that several lists can share one width. */
export function leftWidth(rows: readonly HelpRow[]): number {
  return Math.max(0, ...rows.map(([left]) => left.length).filter((length) => length <= widestLeft));
}

/**
 * Lays a list of a help out in two columns; the second one is wrapped.
 * @param columns width of the terminal in characters
 * @param width of the first column
 */
export function twoColumns(rows: readonly HelpRow[], columns: number, width: number = leftWidth(rows)): string {
  const indent = width + gap;
  const room = Math.max(narrowestRight, Math.min(columns, widestLine) - indent);
  return rows
    .map(([left, right]) => {
      const text = wrap(right, room).join(`\n${" ".repeat(indent)}`);
      return left.length > width ? `${left}\n${" ".repeat(indent)}${text}` : left.padEnd(indent) + text;
    })
    .join("\n");
}

/** Breaks text between words into lines of at most `width` characters; a longer word keeps a line for itself. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
