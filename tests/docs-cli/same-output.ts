/** What differs from run to run and from machine to machine, and what stands for it in a comparison. */
const varying: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{64}\b/g, "<id>"],
  [/\b(?=[a-f]*\d)[0-9a-f]{12}\b/g, "<id>"],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(?:Z| ?[+-]\d\d:?\d\d)?(?: UTC)?/g, "<time>"],
  [/\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/g, "<time>"],
  [/\b\d\d:\d\d:\d\d\b/g, "<time>"],
  [/\b(?:About an?|Less than an?|\d+) (?:second|minute|hour|day|week|month|year)s?\b/g, "<duration>"],
  [/\b\d+(?:\.\d+)? ?(?:[kKMG]i?)?B\b/g, "<size>"],
  [/\b\d+\.\d+%/g, "<share>"],
  [/\b172\.\d+\.\d+\.\d+\b/g, "<address>"],
  [/[ \t]+/g, " "],
  [/ $/gm, ""],
];

/** Outputs that vary in more than that. */
const further: readonly (readonly [line: RegExp, varies: RegExp])[] = [
  [/^berth top/, /(?<=^\S+ .*)\b\d[\d:]*\b|(?<=^ ?)\d+/gm],
  [/^berth stats/, /\b\d+(?= ?$)/gm],
  [/^berth (version|info)/, /: .*$|(?<=Server.*): .*$|\b\d+\.\d+\b/gm],
  [/^berth (events|top)$/, /[^]+/g],
  [/^berth top/, /(?<=Up )\d+s/g],
  [/^berth events/, /(?<=execDuration=)\d+/g],
  [/^berth exec ls/, /\b\d{2,}\b/g],
  [/\| head -c/, /.+/g],
];

/** Examples whose lines come in any order: by what is used, or as events come. */
const unordered = /--sort -?(cpu|memory)|^berth (stats|events|top --)/;

/** What a person sees of an output on a terminal: without the terminal's controls, and of what was written over only the last. */
export function plainText(output: string): string {
  // What is drawn from the upper left corner replaces the screen.
  const screen = output.slice(Math.max(0, output.lastIndexOf("\x1b[H")));
  // oxlint-disable-next-line no-control-regex
  const text = screen.replaceAll(/\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[=>])/g, "");
  return text
    .split("\n")
    .map((line) => line.replace(/\r+$/, "").replace(/^[^\n]*\r/, ""))
    .join("\n");
}

/** An output with what varies replaced, so that two of them can be compared. */
export function plainOutput(line: string, output: string): string {
  const own = further.filter(([pattern]) => pattern.test(line)).map(([, varies]): [RegExp, string] => [varies, "<varies>"]);
  const text = [...varying, ...own].reduce((before, [pattern, word]) => before.replace(pattern, word), plainText(output)).trimEnd();
  return unordered.test(line) ? text.split("\n").sort(byCode).join("\n") : text;
}

/** Whether an example has written what its document shows; a line `…` there stands for any lines. */
export function isSameOutput(line: string, shown: string, written: string): boolean {
  const [pattern, text] = [plainOutput(line, shown), plainOutput(line, written)];
  if (!/^…$/m.test(pattern)) return pattern === text;
  const parts = pattern.split(/^…$/m).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`).test(text);
}

function byCode(one: string, other: string): number {
  return one < other ? -1 : 1;
}
