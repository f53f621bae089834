/** Something that may be put in the place of the word under the cursor. */
export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** What an answer says of itself besides the candidates: names of files may stand there too; no space shall follow. */
export type Directive = "files" | "folders" | "nospace";

/** An answer to a shell. */
export interface Answer {
  readonly candidates: readonly Candidate[];
  readonly directives: readonly Directive[];
}

const mostCandidates = 1000;
const longestDescription = 80;

/**
 * An answer as the shells' scripts read it: a line with value, tab and description for each candidate that begins with the word, and
 * a last line with a colon and the directives. Names come from an engine that need not be friendly: what a shell could take for more than
 * a word is left out.
 */
export function answerText({ candidates, directives }: Answer, word: string): string {
  const seen = new Set<string>();
  const lines: string[] = [];
  for (const { value, description = "" } of candidates) {
    if (!value.startsWith(word) || seen.has(value) || !/^[\w@%+=:,./-]+$/.test(value)) continue;
    seen.add(value);
    const words = description
      .replace(/[\p{Cc}\s]+/gu, " ")
      .trim()
      .slice(0, longestDescription);
    lines.push(words === "" ? value : `${value}\t${words}`);
    if (lines.length === mostCandidates) break;
  }
  return `${[...lines, `:${directives.join(",")}`].join("\n")}\n`;
}
