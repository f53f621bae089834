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

/** Text from elsewhere, without what a terminal would obey. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}

/** How `--format` may be given. */
export const formatHelp = "table, json, a Go template, e.g. '{{.ID}}', or 'table {{.ID}}' with a heading";
