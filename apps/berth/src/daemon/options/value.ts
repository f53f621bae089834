import { fail } from "@berth/base";
import { parseBinarySize } from "@berth/spec";
import type { OptionRow, OptionValue } from "./option.ts";

/**
 * Reads the text of one option.
 * @param context begins the message of an error
 * @throws invalid
 */
export function readValue(row: OptionRow, text: string, context: string): OptionValue {
  switch (row.kind) {
    case "string":
      return text;
    case "bool":
      return readBool(text, context);
    case "int":
      if (!/^-?\d{1,15}$/.test(text)) throw fail("invalid", `${context}: not a whole number`);
      return Number(text);
    case "size":
      return readSize(text, context);
    case "list":
      return [text];
    case "map":
      return readPair(text, context);
  }
}

/** Adds a value: lists and maps grow, everything else is replaced. */
export function addValue(values: Map<OptionRow, OptionValue>, row: OptionRow, value: OptionValue): void {
  const before = values.get(row);
  if (Array.isArray(before) && Array.isArray(value)) values.set(row, [...before, ...value]);
  else if (isMap(before) && isMap(value)) values.set(row, { ...before, ...value });
  else values.set(row, value);
}

function isMap(value: OptionValue | undefined): value is Readonly<Record<string, string>> {
  return typeof value === "object" && !Array.isArray(value);
}

/** Bytes of `64m`. Throws invalid. */
export function readSize(text: string, context: string): number {
  try {
    return parseBinarySize(text);
  } catch (error) {
    throw fail("invalid", `${context}: not a size`, error);
  }
}

function readBool(text: string, context: string): boolean {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  throw fail("invalid", `${context}: not true or false`);
}

function readPair(text: string, context: string): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals < 1) throw fail("invalid", `${context}: not of the form key=value`);
  return { [text.slice(0, equals)]: text.slice(equals + 1) };
}
