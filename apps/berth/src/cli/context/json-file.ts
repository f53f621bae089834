import { fail, messageOf } from "@berth/base";

/** A JSON object as it was read. */
export type Fields = Readonly<Record<string, unknown>>;

/** Files of settings are small; what is larger is none. */
const largestBytes = 4 * 1024 * 1024;

/**
 * Reads a file of settings.
 * @returns undefined when there is none
 * @throws invalid, with file, line and what to do, when it is there but is no JSON object, too large or no file
 */
export async function readJsonFile(path: string): Promise<Fields | undefined> {
  const text = await readText(path, largestBytes);
  return text === undefined ? undefined : parseFields(path, text);
}

/** Reads a small file; undefined when there is none. @throws invalid when it is too large, no file, or may not be read */
export async function readText(path: string, limitBytes: number): Promise<string | undefined> {
  const file = Bun.file(path);
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new Error("it is no file");
    if (facts.size > limitBytes) throw new Error(`it is larger than ${limitBytes} bytes`);
    return await file.text();
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      if (error.code === "EACCES") throw fail("invalid", `${path} cannot be read: permission denied`, error);
    }
    throw fail("invalid", `${path} cannot be read: ${messageOf(error)}`, error);
  }
}

/** A member of an object that is an object itself. */
export function memberOf(value: Fields | undefined, name: string): Fields | undefined {
  const found = value !== undefined && Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Fields) : undefined;
}

async function parseFields(path: string, text: string): Promise<Fields> {
  // docker takes an empty file for no settings, too.
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text, keepNumber);
  } catch {
    const { parseGoJson, JsonSyntaxError } = await import("@berth/spec");
    try {
      parseGoJson(text);
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      const line = text.slice(0, error.offset).split("\n").length;
      throw fail("invalid", `${path}: line ${line}: this is no JSON: ${error.message}`, error);
    }
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw fail("invalid", `${path}: line 1: this is no JSON object`);
}

/** Numbers that JavaScript would round stay as they were written, so that writing the file back changes none. */
function keepNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined || String(value) === context.source) return value;
  return (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON(context.source);
}
