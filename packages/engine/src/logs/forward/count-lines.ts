import type { FileHandle } from "node:fs/promises";
import { LineReader } from "../line-reader.ts";

/** How many lines of the program end in a log file from a position on. */
export async function countLines(handle: FileHandle, position: number): Promise<number> {
  const reader = new LineReader(handle, position);
  let count = 0;
  for (let lines = await reader.block(); lines.length > 0; lines = await reader.block()) {
    for (const line of lines) if (!line.partial) count++;
  }
  return count;
}
