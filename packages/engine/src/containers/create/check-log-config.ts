import { fail } from "@berth/base";

const options: Readonly<Record<string, readonly string[]>> = {
  "json-file": ["max-file", "max-size", "compress", "labels", "labels-regex", "env", "env-regex", "tag"],
  local: ["max-file", "max-size", "compress"],
  none: [],
};

/** How a container's log is bounded. */
export interface LogBounds {
  readonly maxSizeBytes: number;
  readonly maxFiles: number;
}

/** Ten megabytes times three, unless said otherwise: logs are bounded from the start. */
export const defaultLogBounds: LogBounds = { maxSizeBytes: 10 * 1024 * 1024, maxFiles: 3 };

/** Names of the log drivers that a container may ask for. */
export const logDrivers: readonly string[] = Object.keys(options);

/** Checks driver and options with Docker's words and gives the bounds. Throws invalid. */
export function checkLogConfig(config: { readonly Type: string; readonly Config: Readonly<Record<string, string>> }): LogBounds {
  const known = Object.hasOwn(options, config.Type) ? options[config.Type] : undefined;
  if (known === undefined) {
    throw fail("invalid", `error looking up logging plugin ${config.Type}: plugin "${config.Type}" not found`);
  }
  for (const key of Object.keys(config.Config)) {
    if (key === "mode" || key === "max-buffer-size") continue;
    if (!known.includes(key)) throw fail("invalid", `unknown log opt '${key}' for ${config.Type} log driver`);
  }
  const size = config.Config["max-size"];
  const files = config.Config["max-file"];
  let maxSizeBytes = defaultLogBounds.maxSizeBytes;
  if (size !== undefined && size !== "-1") {
    const bytes = parseSize(size);
    if (bytes === null || bytes <= 0) throw fail("invalid", `invalid value for 'max-size': invalid size: '${size}'`);
    maxSizeBytes = bytes;
  } else if (size === "-1") {
    maxSizeBytes = Number.POSITIVE_INFINITY;
  }
  let maxFiles = defaultLogBounds.maxFiles;
  if (files !== undefined) {
    if (!/^\d{1,4}$/.test(files)) throw fail("invalid", `invalid value for 'max-file': strconv.Atoi: parsing "${files}": invalid syntax`);
    maxFiles = Number(files);
    if (maxFiles < 1) throw fail("invalid", "max-file cannot be less than 1");
  }
  return { maxSizeBytes, maxFiles };
}

/** Bytes of `10m`, `512k`, `1GB`, … (binary multiples); null when it is none. */
function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgtp]?)(?:i?b)?$/i.exec(text.trim());
  if (match === null) return null;
  const power = "bkmgtp".indexOf((match[2] || "b").toLowerCase());
  return Math.floor(Number(match[1]) * 1024 ** power);
}
