import { fail } from "@berth/base";

const longestLine = 16 * 1024 * 1024;

/**
 * The JSON objects of a stream, one a line (or one after the other with white space between).
 * @throws internal when a line is no JSON or longer than 16 MiB
 */
export async function* readJsonLines<T>(body: ReadableStream<Uint8Array> | null): AsyncGenerator<T> {
  if (body === null) return;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield parse<T>(line);
    if (rest.length > longestLine) throw fail("internal", "the engine sent a line that is too long");
  }
  if (rest.trim() !== "") yield parse<T>(rest);
}

function parse<T>(line: string): T {
  try {
    return JSON.parse(line) as T;
  } catch (error) {
    throw fail("internal", `the engine sent what is no JSON: ${line.slice(0, 80)}`, error);
  }
}
