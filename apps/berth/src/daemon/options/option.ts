/** How the text of an option is read. */
export type OptionKind = "string" | "bool" | "int" | "size" | "list" | "map";

/** One setting of the daemon: a flag, a key of daemon.json, or both. */
export interface OptionRow {
  /** Without the dashes; null for what only the file can say. */
  readonly flag: string | null;
  readonly short?: string;
  /** Key in daemon.json; null for what only a flag can say. */
  readonly key: string | null;
  readonly kind: OptionKind;
  readonly group: "Daemon" | "Listening" | "Containers" | "Logging" | "Network" | "Registries" | "Storage";
  readonly help: string;
  readonly fallback?: OptionValue;
  /** Accepted, so that a configuration made for dockerd works, but nothing follows from it; the daemon says so at its start. */
  readonly inert?: true;
}

export type OptionValue = string | boolean | number | readonly string[] | Readonly<Record<string, string>>;

/** Values by row, where they came from decided by the caller. */
export type OptionValues = ReadonlyMap<OptionRow, OptionValue>;
