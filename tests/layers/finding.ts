/** One break of a rule. */
export interface Finding {
  /** Path from the repository's root. */
  readonly path: string;
  /** Line counted from 1; 0 when it concerns the whole file. */
  readonly line: number;
  readonly message: string;
}

/** One line per finding: `path:line message`. */
export function describeFindings(findings: readonly Finding[]): string {
  return findings.map(({ path, line, message }) => `${path}${line > 0 ? `:${line}` : ""} ${message}`).join("\n");
}
