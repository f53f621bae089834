/** JSON of a value in which bigints are written as numbers with all their digits (timeNano). Ends without a newline. */
export function writeJson(value: unknown): string {
  try {
    // Without somebody who is asked for each value it takes a fifth of the time, and few answers hold bigints.
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_key, entry: unknown) => (typeof entry === "bigint" ? rawNumber(entry) : entry));
  }
}

// JSON.rawJSON is part of ES2026 and of Bun; the TypeScript library does not know it yet.
const raw = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

function rawNumber(value: bigint): unknown {
  return raw(value.toString());
}
