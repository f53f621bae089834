import { fail, messageOf } from "@berth/base";
import { parseDecimalSize } from "@berth/spec";
import type { LogConfig } from "../../containers/create/check-log-config.ts";

/** How a container's log is bounded. */
export interface LogBounds {
  readonly maxSizeBytes: number;
  readonly maxFiles: number;
}

const mebibyte = 1024 * 1024;
/** Ten megabytes times three, unless said otherwise: logs are bounded from the start. */
const defaultBounds: LogBounds = { maxSizeBytes: 10 * mebibyte, maxFiles: 3 };
/** As Docker's driver of that name has it. */
const localBounds: LogBounds = { maxSizeBytes: 20 * mebibyte, maxFiles: 5 };

/** The bounds of a container's log file. Throws invalid, with the words in which Docker refuses a start. */
export function logBounds({ Type, Config }: LogConfig): LogBounds {
  switch (Type) {
    case "json-file":
      return jsonFileBounds(Config);
    case "local":
      return localFileBounds(Config);
    default: {
      const cached = { "max-size": Config["cache-max-size"], "max-file": Config["cache-max-file"] };
      return localFileBounds(
        Object.fromEntries(Object.entries(cached).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))),
      );
    }
  }
}

function jsonFileBounds(options: LogConfig["Config"]): LogBounds {
  const { "max-size": size, "max-file": files, compress } = options;
  let { maxSizeBytes, maxFiles } = defaultBounds;
  if (size === "-1") maxSizeBytes = Number.POSITIVE_INFINITY;
  else if (size !== undefined) {
    maxSizeBytes = asInvalid("", () => parseDecimalSize(size));
    if (maxSizeBytes <= 0) throw fail("invalid", "max-size must be a positive number");
  }
  if (files !== undefined) {
    maxFiles = asInvalid("", () => wholeNumber(files));
    if (maxFiles < 1) throw fail("invalid", "max-file cannot be less than 1");
  }
  if (compress !== undefined && goBool(compress) && (maxFiles === 1 || size === undefined || size === "-1")) {
    throw fail("invalid", "compress cannot be true when max-file is less than 2 or max-size is not set");
  }
  return { maxSizeBytes, maxFiles };
}

function localFileBounds(options: LogConfig["Config"]): LogBounds {
  const { "max-size": size, "max-file": files, compress } = options;
  let { maxSizeBytes, maxFiles } = localBounds;
  if (size !== undefined) maxSizeBytes = asInvalid(`invalid value for max-size: ${size}: `, () => parseDecimalSize(size));
  if (files !== undefined) maxFiles = asInvalid(`invalid value for max-file: ${files}: `, () => wholeNumber(files));
  if (maxFiles < 0) throw fail("invalid", "max file count cannot be less than 0");
  const compressed = compress === undefined ? true : asInvalid("error reading compress log option: ", () => goBool(compress));
  if (compressed && maxFiles <= 1) throw fail("invalid", "compression cannot be enabled when max file count is 1");
  return { maxSizeBytes: maxSizeBytes === 0 ? Number.POSITIVE_INFINITY : maxSizeBytes, maxFiles: Math.max(1, maxFiles) };
}

function asInvalid<T>(prefix: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw fail("invalid", `${prefix}${messageOf(error)}`, error);
  }
}

function wholeNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw fail("invalid", `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw fail("invalid", `strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`);
  return number;
}

function goBool(text: string): boolean {
  const value = parseBool(text);
  if (value === null) throw fail("invalid", `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
  return value;
}

/** `1`, `t`, `true`, `0`, … as Go reads them; null for anything else. */
export function parseBool(text: string): boolean | null {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  return ["0", "f", "F", "FALSE", "false", "False"].includes(text) ? false : null;
}
