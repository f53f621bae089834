import { compilePattern, PatternError } from "@berth/spec";

/**
 * A test for a value of a `name` filter: equal, or found as a regular expression, as Docker does. What is no expression
 * is looked for as plain text.
 */
export function patternTest(pattern: string): (text: string) => boolean {
  try {
    const expression = compilePattern(pattern);
    return (text) => text === pattern || expression.test(text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return (text) => text.includes(pattern);
  }
}
