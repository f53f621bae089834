import { parseBinarySize, parseDuration } from "@berth/spec";
import type { Flag } from "./flag.ts";
import { UsageError } from "./flag.ts";

/** A flag's value: lists collect, the rest is read by type. Durations are nanoseconds, sizes bytes. */
export type FlagValue = boolean | string | number | readonly string[];

const truths: Readonly<Record<string, boolean>> = { "1": true, t: true, T: true, TRUE: true, true: true, True: true };
const lies: Readonly<Record<string, boolean>> = { "0": false, f: false, F: false, FALSE: false, false: false, False: false };

/**
 * Reads the text of a flag.
 * @param written how the user wrote the flag, for the message
 * @throws {UsageError} in docker's words
 */
export function readValue(flag: Flag, text: string): string | boolean | number {
  try {
    const value = flag.check === undefined ? text : flag.check(text);
    switch (flag.type) {
      case "bool":
        return readBool(value);
      case "int":
        return readInteger(value, false);
      case "uint":
        return readInteger(value, true);
      case "duration":
        return parseDuration(value);
      case "bytes":
        return value === "-1" ? -1 : parseBinarySize(value);
      case "string":
      case "list":
        return value;
    }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new UsageError(`invalid argument ${JSON.stringify(text)} for ${JSON.stringify(flagLabel(flag))} flag: ${words}`);
  }
}

/** `-n, --name`, as messages name a flag. */
export function flagLabel(flag: Flag): string {
  return flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`;
}

function readBool(text: string): boolean {
  const value = Object.hasOwn(truths, text) ? true : Object.hasOwn(lies, text) ? false : undefined;
  if (value === undefined) throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
  return value;
}

function readInteger(text: string, unsigned: boolean): number {
  const parse = unsigned ? "ParseUint" : "ParseInt";
  const pattern = unsigned ? /^(0[xX][0-9a-fA-F]+|0[oO]?[0-7]*|[1-9]\d*)$/ : /^[+-]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]*|[1-9]\d*)$/;
  if (!pattern.test(text)) throw new Error(`strconv.${parse}: parsing ${JSON.stringify(text)}: invalid syntax`);
  const digits = text.replace(/^[+-]/, "");
  const size = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  if (!Number.isSafeInteger(size)) throw new Error(`strconv.${parse}: parsing ${JSON.stringify(text)}: value out of range`);
  return text.startsWith("-") ? -size : size;
}
