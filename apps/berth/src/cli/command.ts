import type { Connection } from "@berth/client";
import type { Example } from "../help-text/example.ts";
import type { Flag } from "./args/flag.ts";
import type { Parsed } from "./args/parse.ts";
import type { CliConfig } from "./context/config.ts";
import type { Endpoint } from "./context/host.ts";
import type { Output } from "./context/output.ts";

/** What a command gets besides its arguments. */
export interface Context {
  /** The engine; connected on first use. */
  readonly engine: Connection;
  /** The user's settings. */
  readonly config: CliConfig;
  /** Name of the context in use, and what messages call the engine's address. */
  readonly contextName: string;
  /** The engine's address, e.g. `unix:///run/berth/berth.sock`. */
  readonly host: string;
  /** The engine itself, for who needs more than calls of its API. */
  readonly endpoint: Endpoint;
  /** The engine of the context `default`, whichever is in use. */
  readonly defaultEndpoint: () => Promise<Endpoint>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Whether details shall be told on stderr. */
  readonly debug: boolean;
}

/** A command as data and one function. */
export interface Command {
  /** `[OPTIONS] CONTAINER [CONTAINER...]`. */
  readonly usage: string;
  /** What a newcomer has to know besides the summary. */
  readonly about?: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly Example[];
  /** Exit codes that say more than 0 (it worked), 1 (it did not) and 125 (the command line is wrong), with what they mean. */
  readonly exitCodes?: readonly (readonly [code: string, meaning: string])[];
  /** Names of commands that one may be looking for instead, or next. */
  readonly seeAlso?: readonly string[];
  /** Which containers completion offers where the usage says CONTAINER; all unless said otherwise. */
  readonly offers?: "running-container" | "stopped-container" | "started-container" | "paused-container";
  /** How many arguments it takes. */
  readonly min: number;
  readonly max?: number;
  /** False: flags end at the first argument. */
  readonly interspersed?: boolean;
  /** It talks to no engine, and so works also when the context in use cannot be found. */
  readonly local?: boolean;
  /** Exit code of what the engine refuses; 1 unless said otherwise. */
  readonly failureCode?: (message: string) => number;
  /** @returns the exit code */
  readonly run: (context: Context, parsed: Parsed) => Promise<number>;
}
