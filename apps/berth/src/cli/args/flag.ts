/** How a flag's text is read. Every type can be given once more; lists keep all values, the others the last. */
export type FlagType = "bool" | "string" | "int" | "uint" | "duration" | "bytes" | "list";

/** Titles under which the help of a command with many flags shows them. */
export type FlagGroup = "Start and end" | "Identity" | "Network" | "Storage" | "Resources" | "Security" | "Health" | "Logging";

/** What completion offers for a value: names of things that are there, files, or the words themselves. */
export type ValueKind =
  | "container"
  | "running-container"
  | "stopped-container"
  | "started-container"
  | "paused-container"
  /** A container's name with a colon: a path in it follows. */
  | "container-path"
  | "image"
  | "network"
  | "volume"
  | "context"
  | "file"
  | "folder"
  | "signal"
  /** A name of the environment. */
  | "variable"
  | "capability"
  /** A volume, or a path of this machine. */
  | "mount-source"
  | readonly string[];

/** A flag of a command, as data: parsing, help, completion and the reference page are made from it. */
export interface Flag {
  /** Without dashes. */
  readonly name: string;
  /** One character. */
  readonly short?: string;
  readonly type: FlagType;
  readonly help: string;
  /** Where the help shows it; flags without a group stand under `Options`. */
  readonly group?: FlagGroup;
  /** What the help shows for the value; by default the type's name. */
  readonly valueName?: string;
  /** What completion offers for the value; nothing when it may be anything. */
  readonly values?: ValueKind;
  /** The value when the flag is not given; shown in the help. */
  readonly fallback?: string;
  /** Other names, accepted but not shown. */
  readonly aliases?: readonly string[];
  /** Accepted but not shown. */
  readonly hidden?: boolean;
  /** Checks one value and gives its normal form; throws an Error with the words of the complaint. */
  readonly check?: (value: string) => string;
}

/** A mistake in the command line. The door prints it with the command's usage and ends with 125. */
export class UsageError extends Error {
  /** What the user may have meant. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}
