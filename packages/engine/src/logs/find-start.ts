import type { FileHandle } from "node:fs/promises";
import { findNewline, parseLine } from "./parse-line.ts";

const blockBytes = 64 * 1024;
const newline = 10;

/**
 * Where in a file to begin so that at least `count` whole lines of the wanted streams follow; how many were found.
 * Reads from the end, never more than needed.
 */
export async function findTail(
  handle: FileHandle,
  options: { readonly count: number; readonly stdout: boolean; readonly stderr: boolean },
): Promise<{ readonly position: number; readonly found: number }> {
  let end = (await handle.stat()).size;
  let rest: Uint8Array = new Uint8Array(0);
  let found = 0;
  while (end > 0) {
    const start = Math.max(0, end - blockBytes);
    const block = Buffer.alloc(end - start + rest.length);
    const { bytesRead } = await handle.read(block, 0, end - start, start);
    if (bytesRead < end - start) return { position: 0, found };
    block.set(rest, end - start);
    let lineEnd = block.length;
    // Lines of this block, last first; the first piece may have begun in the block before.
    for (let at = block.lastIndexOf(newline, lineEnd - 2); at >= 0; at = at === 0 ? -1 : block.lastIndexOf(newline, at - 1)) {
      if (isWanted(block.subarray(at + 1, lineEnd), options) && ++found >= options.count) return { position: start + at + 1, found };
      lineEnd = at + 1;
    }
    rest = block.subarray(0, lineEnd);
    if (start === 0) return { position: 0, found: isWanted(rest, options) ? found + 1 : found };
    end = start;
    // A line longer than any that the monitor writes: no log of ours.
    if (rest.length > 16 * blockBytes) return { position: start, found };
  }
  return { position: 0, found };
}

function isWanted(bytes: Uint8Array, options: { readonly stdout: boolean; readonly stderr: boolean }): boolean {
  const end = bytes[bytes.length - 1] === newline ? bytes.length - 1 : bytes.length;
  const line = parseLine(bytes.subarray(0, end));
  return line !== null && !line.partial && (line.stream === "stdout" ? options.stdout : options.stderr);
}

/** Where in a file the first line of `sinceNs` or later is, or little before it. Lines are in the order of their times. */
export async function findSince(handle: FileHandle, sinceNs: bigint): Promise<number> {
  let low = 0;
  let high = (await handle.stat()).size;
  while (high - low > blockBytes) {
    const middle = low + Math.floor((high - low) / 2);
    const block = Buffer.alloc(blockBytes);
    const { bytesRead } = await handle.read(block, 0, blockBytes, middle);
    const timeNs = firstTime(block.subarray(0, bytesRead));
    if (timeNs !== null && timeNs < sinceNs) low = middle;
    else high = middle;
  }
  if (low === 0) return 0;
  const block = Buffer.alloc(blockBytes);
  const { bytesRead } = await handle.read(block, 0, blockBytes, low);
  return low + findNewline(block.subarray(0, bytesRead), 0) + 1;
}

function firstTime(block: Uint8Array): bigint | null {
  for (let start = findNewline(block, 0) + 1; start > 0; ) {
    const end = findNewline(block, start);
    if (end < 0) return null;
    const line = parseLine(block.subarray(start, end));
    if (line !== null) return line.timeNs;
    start = end + 1;
  }
  return null;
}
