/** Shortens text to a width on the screen, with `…` at the end when something was left out. */
export function ellipsis(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const character of text) {
    const wide = Bun.stringWidth(character);
    if (used + wide > width - 1) break;
    kept += character;
    used += wide;
  }
  return `${kept}…`;
}

/** How `--format` may be given. */
export const formatHelp = "table, json, a Go template, e.g. '{{.ID}}', or 'table {{.ID}}' with a heading";
