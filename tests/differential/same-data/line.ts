/** Command lines that change nothing, of one area. */
export interface LineGroup {
  /** Unique; shown as `same data: name`. */
  readonly name: string;
  /** As one would type them behind `docker`; words are parted by blanks, single quotes hold words together. */
  readonly lines: readonly string[];
  /** What of the outcome must be the same; helps and errors are in everyone's own words. */
  readonly compare?: "output" | "code";
  /** A container of busybox that is there while the lines run. */
  readonly container?: { readonly name: string; readonly body: Readonly<Record<string, unknown>> };
  /** More variables, for the lines' sake. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The words of a line, as a shell parts them. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll(/'([^']*)'/g, "$1"));
}

/** Where `berth` means to differ from docker CLIs of some versions. A rule that no longer occurs fails. */
export interface AcceptedLine {
  readonly lines: RegExp;
  /** Versions of the docker CLI. */
  readonly versions: RegExp;
  readonly reason: string;
}
