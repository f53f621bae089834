import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Use } from "./recorder.ts";

/** What one case showed of the commands, flags, endpoints and parameters that it used. */
export interface Shown {
  /** Used by calls that succeeded, with results like Docker's. */
  readonly equal: readonly string[];
  /** Used only by calls that both engines refused. */
  readonly refused: readonly string[];
  /** Reason of an accepted difference → what the call used whose answer showed it. */
  readonly accepted: Readonly<Record<string, readonly string[]>>;
}

/** Results of the differential suite, as they are kept in `docs/compatibility.json`. */
export interface Results {
  /** Stock docker CLI or plain requests, against Berth's engine and Docker's. */
  readonly engine: Readonly<Record<string, Shown>>;
  /** The `berth` command line in the docker CLI's place, both against Berth's engine. */
  readonly ownCli: Readonly<Record<string, Shown>>;
  /** `docker` and `berth` against one Berth engine, byte for byte; by version of the docker CLI. */
  readonly sameData: Readonly<Record<string, Readonly<Record<string, Shown>>>>;
  /** Commands of docker that Berth does not have → the words it answers the docker CLI with. */
  readonly notYet: Readonly<Record<string, string>>;
}

/** Where the results are kept. */
export const resultsFile: string = path.resolve(import.meta.dir, "../../docs/compatibility.json");

/** Joins what the observations of a case used with the reasons of the differences that each had. */
export function shownBy(uses: ReadonlyMap<string, Use>, reasons: ReadonlyMap<string, readonly string[]>): Shown {
  const accepted: Record<string, string[]> = {};
  for (const [label, list] of reasons) {
    for (const reason of list) accepted[reason] = [...(accepted[reason] ?? []), ...(uses.get(label)?.last ?? [])];
  }
  const all = [...uses.values()];
  const worked = unique(all.flatMap((use) => use.worked));
  return {
    equal: worked,
    refused: unique(all.flatMap((use) => use.refused)).filter((item) => !worked.includes(item)),
    accepted: Object.fromEntries(Object.entries(accepted).map(([reason, items]) => [reason, unique(items)])),
  };
}

/** The committed results. */
export function readResults(file: string = resultsFile): Results {
  return JSON.parse(readFileSync(file, "utf8")) as Results;
}

/** Writes results with a line for each case, in the order of names, so that two runs differ only where they differ. */
export function writeResults(results: Results, file: string = resultsFile): void {
  const section = (entries: Readonly<Record<string, unknown>>): string => {
    const lines = Object.entries(entries)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
    return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n  }`;
  };
  const sameData = Object.entries(results.sameData)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([version, groups]) => `  ${JSON.stringify(version)}: ${section(groups)}`);
  const parts = [
    `  "engine": ${section(results.engine)}`,
    `  "ownCli": ${section(results.ownCli)}`,
    `  "sameData": {\n${sameData.join(",\n")}\n  }`,
    `  "notYet": ${section(results.notYet)}`,
  ];
  writeFileSync(file, `{\n${parts.join(",\n")}\n}\n`);
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)].sort();
}
