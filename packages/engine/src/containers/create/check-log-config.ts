import { fail, messageOf } from "@berth/base";
import { parseBinarySize } from "@berth/spec";
import { parseBool } from "../../logs/config/bounds.ts";
import { checkSyslogOptions } from "../../logs/sinks/syslog/options.ts";

/** Where the output goes besides the log file that every driver but `none` has, and which options say so. */
export interface LogConfig {
  readonly Type: string;
  readonly Config: Readonly<Record<string, string>>;
}

/** What names a container's line: every driver has these. */
const attributes = ["labels", "labels-regex", "env", "env-regex", "tag"];
/** Every driver takes these too; output never waits for a receiver, whatever `mode` says. */
const common = ["mode", "max-buffer-size", "cache-disabled", "cache-max-size", "cache-max-file", "cache-compress"];
const syslogOptions = ["address", "facility", "tls-ca-cert", "tls-cert", "tls-key", "tls-skip-verify", "format"];

const options: Readonly<Record<string, readonly string[]>> = {
  // `format` is ours: see docs/logs.md.
  "json-file": ["max-file", "max-size", "compress", "format", ...attributes],
  local: ["max-file", "max-size", "compress", ...attributes],
  journald: attributes,
  syslog: [...attributes, ...syslogOptions.map((name) => `syslog-${name}`)],
};

/** Names of the log drivers that the daemon has, as `info` lists them; `none` is no driver. */
export const logDrivers: readonly string[] = Object.keys(options).sort();

/**
 * Checks driver and options as Docker does at create, with its words. What a start makes of the values is checked there
 * (`logBounds`, `logTag`). Throws invalid.
 */
export function checkLogConfig({ Type, Config }: LogConfig): void {
  if (Type === "none") return;
  const { mode } = Config;
  if (mode !== undefined && !["", "blocking", "non-blocking"].includes(mode)) {
    throw fail("invalid", `logger: logging mode not supported: ${mode}`);
  }
  const buffer = Config["max-buffer-size"];
  if (buffer !== undefined) {
    if (mode !== "non-blocking") throw fail("invalid", "logger: max-buffer-size option is only supported with 'mode=non-blocking'");
    worded("error parsing option max-buffer-size", () => parseBinarySize(buffer));
  }
  const disabled = Config["cache-disabled"];
  if (disabled !== undefined && disabled !== "" && parseBool(disabled) === null) {
    throw fail("invalid", `invalid value for option cache-disabled: ${disabled}`);
  }
  const known = Object.hasOwn(options, Type) ? options[Type] : undefined;
  if (known === undefined) throw fail("invalid", `error looking up logging plugin ${Type}: plugin "${Type}" not found`);
  for (const key of Object.keys(Config)) {
    if (common.includes(key) || known.includes(key)) continue;
    throw fail("invalid", `unknown log opt '${key}' for ${Type === "local" ? "log driver local" : `${Type} log driver`}`);
  }
  const { format } = Config;
  if (Type === "json-file" && format !== undefined && format !== "" && format !== "json") {
    throw fail("invalid", `invalid value for log opt 'format': ${JSON.stringify(format)} (it can be json)`);
  }
  if (Type === "syslog") checkSyslogOptions(Config);
}

function worded(what: string, task: () => unknown): void {
  try {
    task();
  } catch (error) {
    throw fail("invalid", `${what}: ${messageOf(error)}`, error);
  }
}
