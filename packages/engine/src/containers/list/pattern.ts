/**
 * A test for a value of a `name` filter: equal, or found as a regular expression, as Docker does. Docker's engine takes
 * linear time for any expression; this one could be made to take years, so expressions that could (repeated groups,
 * back references, look-around, many open repetitions) are taken as plain text.
 */
export function patternTest(pattern: string): (text: string) => boolean {
  const plain = (text: string): boolean => text.includes(pattern);
  const open = pattern.match(/[*+]|\{\d*,?\d*\}/g) ?? [];
  if (pattern.length > 256 || open.length > 2 || /\)[*+?{]|\\[1-9k]|\(\?/.test(pattern)) return plain;
  try {
    const expression = new RegExp(pattern);
    return (text) => text === pattern || expression.test(text);
  } catch {
    return plain;
  }
}
