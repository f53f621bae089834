import { readFileSync } from "node:fs";
import { fail, messageOf } from "@berth/base";
import { JsonSyntaxError, parseGoJson } from "@berth/spec";
import type { OptionRow, OptionValue, OptionValues } from "./option.ts";
import { optionTable } from "./table.ts";
import { readSize } from "./value.ts";

/**
 * Reads daemon.json.
 * @param options.required whether somebody named the file; only then its absence is an error
 * @throws invalid with the words dockerd uses, and the file's name
 */
export function readConfigFile(options: { readonly path: string; readonly required: boolean }): OptionValues {
  const { path, required } = options;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (missing && !required) return new Map();
    throw fail("invalid", `unable to configure the daemon with file ${path}: ${missing ? "no such file" : messageOf(error)}`, error);
  }
  return parseConfigFile(text, path);
}

/** The options in the text of a daemon.json. An empty file says nothing. */
export function parseConfigFile(text: string, path: string): OptionValues {
  const problem = (message: string, cause?: unknown): Error =>
    fail("invalid", `unable to configure the daemon with file ${path}: ${message}`, cause);
  if (text.trim() === "") return new Map();
  let parsed: unknown;
  try {
    parsed = parseGoJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw problem(`invalid JSON: ${error.message}`, error);
    throw error;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw problem("invalid JSON: not an object");
  const values = new Map<OptionRow, OptionValue>();
  const unknown: string[] = [];
  for (const [key, value] of Object.entries(parsed)) {
    const row = optionTable.find((entry) => entry.key === key);
    if (row === undefined) unknown.push(key);
    else if (value !== null) values.set(row, fileValue(row, value, problem));
  }
  if (unknown.length > 0) throw problem(`the following directives don't match any configuration option: ${unknown.join(", ")}`);
  return values;
}

function fileValue(row: OptionRow, value: unknown, problem: (message: string) => Error): OptionValue {
  const wrong = (expected: string): Error => problem(`${row.key ?? ""} must be ${expected}`);
  switch (row.kind) {
    case "string":
      if (typeof value !== "string") throw wrong("a string");
      return value;
    case "bool":
      if (typeof value !== "boolean") throw wrong("true or false");
      return value;
    case "int":
      if (typeof value !== "number" || !Number.isSafeInteger(value)) throw wrong("a whole number");
      return value;
    case "size":
      if (typeof value === "number" && Number.isSafeInteger(value)) return value;
      if (typeof value !== "string") throw wrong("a size");
      return readSize(value, row.key ?? "");
    case "list":
      if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) throw wrong("a list of strings");
      return value;
    case "map":
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong("an object");
      return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, mapText(row, entry)]));
  }
}

/** Objects that the file writes in full and flags in short: runtimes have a path, limits a soft and a hard value. */
function mapText(row: OptionRow, entry: unknown): string {
  if (typeof entry !== "object" || entry === null) return String(entry);
  const fields = entry as Readonly<Record<string, unknown>>;
  if (row.key === "runtimes") return String(fields["path"] ?? "");
  if (row.key === "default-ulimits")
    return `${String(fields["Soft"] ?? fields["Hard"] ?? "")}:${String(fields["Hard"] ?? fields["Soft"] ?? "")}`;
  return JSON.stringify(entry);
}
