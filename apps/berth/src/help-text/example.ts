/** An example in a help and on its page in `docs/cli`; `tests/docs-cli` runs those of a page one after another. */
export interface Example {
  /** A whole line for a shell, such as a user would copy. */
  readonly line: string;
  /** What it does, in a few words. */
  readonly does: string;
  /** What it ends with; 0 unless said otherwise. */
  readonly code?: number;
}

/** The examples of a help, below a title. */
export function exampleSection(examples: readonly Example[]): string {
  return `Examples:\n${examples.map(exampleText).join("\n")}`;
}

function exampleText({ line, does, code }: Example): string {
  return `  ${does}${code === undefined ? "" : ` (ends with ${code})`}:\n    ${line}`;
}
