import type { Output } from "../../context/output.ts";

const clear = "\x1b[2J";
const home = "\x1b[H";
const restOfLine = "\x1b[K";
const restOfScreen = "\x1b[J";

/**
 * Shows a text that changes: on a terminal each state takes the place of the one before, cut to what fits; elsewhere one
 * follows the other, as it is.
 */
export function openScreen(output: Output): (text: string) => Promise<void> {
  if (!output.isTerminal) return (text) => output.write(text);
  let begin = `${clear}${home}`;
  return async (text) => {
    const { rows, columns } = output.size() ?? { rows: 24, columns: 80 };
    const frame = fit(text, rows, columns)
      .map((line) => `${line}${restOfLine}\n`)
      .join("");
    await output.write(`${begin}${frame}${restOfScreen}`);
    begin = home;
  };
}

/** The lines of a text that a screen has room for; the last says how many are missing. One row stays free for the cursor. */
export function fit(text: string, rows: number, columns: number): string[] {
  const lines = text.replace(/\n$/, "").split("\n");
  const room = Math.max(1, rows - 1);
  const missing = lines.length - room + 1;
  const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), `… and ${missing} more`];
  return shown.map((line) => cut(line, columns));
}

function cut(line: string, columns: number): string {
  if (Bun.stringWidth(line) <= columns) return line;
  let width = 0;
  let kept = "";
  for (const character of line) {
    width += Bun.stringWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return kept;
}
