declare const BERTH_VERSION: string;
declare const BERTH_COMMIT: string;
declare const BERTH_BUILD_TIME: string;
declare const BERTH_WORKERS: readonly string[];

/** What `make build` baked into the executable. */
export interface BuildInfo {
  /** As in the repository's package.json, e.g. `0.1.0`. */
  readonly version: string;
  /** Twelve digits of the commit, `-dirty` behind them when the tree differed from it. */
  readonly commit: string;
  /** Time of the commit, RFC 3339; empty outside of a git tree. */
  readonly buildTime: string;
  /** The Workers of the executable, as openWorker takes them. */
  readonly workers: readonly string[];
}

/** Facts of this build; run from source it has no commit, no time and names no Workers. */
export function buildInfo(): BuildInfo {
  if (typeof BERTH_VERSION !== "string") return { version: "0.1.0", commit: "source", buildTime: "", workers: [] };
  return { version: BERTH_VERSION, commit: BERTH_COMMIT, buildTime: BERTH_BUILD_TIME, workers: BERTH_WORKERS };
}
