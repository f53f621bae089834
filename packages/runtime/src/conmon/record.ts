import { readFileSync } from "node:fs";
import { type BundleFiles } from "../layout.ts";
import { writeAtomically } from "../write-file.ts";

/** What a restarted daemon has to know of a container that it did not start itself. */
export interface BundleRecord {
  readonly runtime: string;
  readonly runtimePath: string;
  readonly cgroupPath: string;
  readonly logFile: string;
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly stdinOnce: boolean;
}

/** Kept in the bundle before anything is started. */
export function writeRecord(files: BundleFiles, record: BundleRecord): void {
  writeAtomically(files.record, JSON.stringify(record));
}

/** null when the bundle is not there, or was cut off before it had a record. */
export function readRecord(files: BundleFiles): BundleRecord | null {
  try {
    const value: unknown = JSON.parse(readFileSync(files.record, "utf8"));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is BundleRecord {
  if (typeof value !== "object" || value === null) return false;
  const texts = ["runtime", "runtimePath", "cgroupPath", "logFile"].every((key) => typeof Reflect.get(value, key) === "string");
  return texts && ["tty", "openStdin", "stdinOnce"].every((key) => typeof Reflect.get(value, key) === "boolean");
}
