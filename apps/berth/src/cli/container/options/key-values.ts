import { readFileSync } from "node:fs";
import { messageOf } from "@berth/base";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Values of files followed by those of flags.
 * @param environment whether a name without `=` takes its value from this process's environment; else it is left out
 * @throws naming the file and what is wrong with it
 */
export function readKeyValues(files: readonly string[], values: readonly string[], environment: boolean): string[] {
  return [...files.flatMap((file) => readFile(file, environment)), ...values];
}

/** `k=v` strings as an object; the last of a key wins. */
export function toMap(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((value) => {
      const at = value.indexOf("=");
      return at === -1 ? [value, ""] : [value.slice(0, at), value.slice(at + 1)];
    }),
  );
}

function readFile(path: string, environment: boolean): string[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new Error(`open ${path}: ${missing ? "no such file or directory" : messageOf(error)}`, { cause: error });
  }
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (error) {
    throw new Error(`invalid env file (${path}): the file is not UTF-8`, { cause: error });
  }
  return text.split(/\r?\n/).flatMap((raw) => {
    const line = raw.trimStart();
    if (line === "" || line.startsWith("#")) return [];
    const at = line.indexOf("=");
    const key = at === -1 ? line.trimEnd() : line.slice(0, at);
    if (key === "") throw new Error(`invalid env file (${path}): no variable name on line '${line}'`);
    if (/\s/.test(key)) throw new Error(`invalid env file (${path}): variable '${key}' contains whitespaces`);
    if (at !== -1) return [`${key}=${line.slice(at + 1)}`];
    const own = environment ? process.env[key] : undefined;
    return own === undefined ? [] : [`${key}=${own}`];
  });
}
