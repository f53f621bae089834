/** Severity, as in dockerd's `--log-level`. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "fatal";

/** A constant message with fields; never a formatted sentence, never a secret. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A logger that adds `fields` to each line. */
  with(fields: Readonly<Record<string, unknown>>): Logger;
}

const order: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, fatal: 4 };

/** Where log lines go and from which level on. `level` may be changed while running (SIGHUP). */
export interface LogSink {
  level: LogLevel;
  readonly write: (line: string) => void;
}

/**
 * A logger that writes `time=… level=… msg="…" key=value` lines (the shape dockerd logs in).
 * @param sink where lines go; its level is read at each call
 */
export function createLogger(sink: LogSink, fields: Readonly<Record<string, unknown>> = {}): Logger {
  function emit(level: LogLevel, message: string, more: Readonly<Record<string, unknown>> | undefined): void {
    if (order[level] < order[sink.level]) return;
    let line = `time="${new Date().toISOString()}" level=${level} msg=${JSON.stringify(message)}`;
    for (const [key, value] of Object.entries({ ...fields, ...more })) line += ` ${key}=${format(value)}`;
    sink.write(`${line}\n`);
  }
  return {
    debug: (message, more) => emit("debug", message, more),
    info: (message, more) => emit("info", message, more),
    warn: (message, more) => emit("warn", message, more),
    error: (message, more) => emit("error", message, more),
    with: (more) => createLogger(sink, { ...fields, ...more }),
  };
}

/** A logger that drops everything, for tests. */
export function silentLogger(): Logger {
  return createLogger({ level: "fatal", write: () => undefined });
}

function format(value: unknown): string {
  if (value instanceof Error) {
    const cause = value.cause === undefined ? "" : `: ${value.cause instanceof Error ? value.cause.message : String(value.cause)}`;
    return JSON.stringify(value.message + cause);
  }
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "string") return /^[\w./:@%+,-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? "undefined";
}
