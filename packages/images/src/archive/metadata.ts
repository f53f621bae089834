import { readFile } from "node:fs/promises";
import { fail, messageOf } from "@berth/base";
import type { StagedFile } from "./staging-file.ts";

/** A JSON document of an archive with the bytes it was read from. */
export interface Metadata {
  readonly bytes: Buffer;
  readonly json: unknown;
}

/**
 * Reads a manifest, an index or a config.
 * @throws invalid when it is larger than the limit or no JSON
 */
export async function readMetadata(file: StagedFile, what: string, limitBytes: number): Promise<Metadata> {
  if (file.sizeBytes > limitBytes) throw fail("invalid", `invalid archive: ${what} has ${file.sizeBytes} bytes, more than ${limitBytes}`);
  const bytes = await readFile(file.path);
  try {
    return { bytes, json: JSON.parse(bytes.toString("utf8")) as unknown };
  } catch (error) {
    throw fail("invalid", `invalid archive: failed to decode ${what}: ${messageOf(error)}`, error);
  }
}

/** Whether a value is an object with named members. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a list of strings. */
export function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
