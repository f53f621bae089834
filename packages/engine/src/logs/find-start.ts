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

/** Columns of a line: `2006-01-02T15:04:05.000000000+00:00 stdout F text`. */
const [zoneAt, streamAt, tagAt, textAt] = [29, 36, 43, 45];
const [letterO, letterP] = [0x6f, 0x50];

/**
 * Where in a file to begin so that no line of `sinceNs` or later is left out, nor the beginning of one that goes on there;
 * the file's end when there is none. Reads all lines before it: they are not always in the order of their times, because
 * the wall clock may have been set back.
 */
export async function findSince(handle: FileHandle, sinceNs: bigint): Promise<number> {
  const since = stampOf(sinceNs);
  const buffer = Buffer.alloc(2 * blockBytes);
  /** Where the line of a stream begins that was not ended yet. */
  const open = { stdout: -1, stderr: -1 };
  let position = 0;
  let kept = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, kept, buffer.length - kept, position + kept);
    if (bytesRead === 0) return firstOf(open, position);
    const block = buffer.subarray(0, kept + bytesRead);
    let start = 0;
    for (let end = findNewline(block, 0); end >= 0; end = findNewline(block, start)) {
      if (end - start >= textAt) {
        if (isSince(block, start, { since, sinceNs, end })) return firstOf(open, position + start);
        const stream = block[start + streamAt + 3] === letterO ? "stdout" : "stderr";
        if (block[start + tagAt] !== letterP) open[stream] = -1;
        else if (open[stream] < 0) open[stream] = position + start;
      }
      start = end + 1;
    }
    // No line is as long as the buffer: what is none is passed over.
    if (start === 0 && block.length === buffer.length) start = block.length;
    position += start;
    kept = block.length - start;
    buffer.copyWithin(0, start, block.length);
  }
}

function firstOf(open: { readonly stdout: number; readonly stderr: number }, position: number): number {
  return Math.min(position, ...[open.stdout, open.stderr].filter((at) => at >= 0));
}

/** The monitor writes its stamps in UTC and of one length, so that they can be compared as texts. */
function stampOf(timeNs: bigint): Buffer {
  const ms = Number(timeNs / 1_000_000n);
  // Beyond what a date can be: later than every line.
  if (ms > 253_402_300_799_999) return Buffer.from("~");
  return Buffer.from(`${new Date(Math.max(0, ms)).toISOString().slice(0, 19)}.${String(timeNs % 1_000_000_000n).padStart(9, "0")}`);
}

function isSince(block: Buffer, start: number, at: { readonly since: Buffer; readonly sinceNs: bigint; readonly end: number }): boolean {
  if (block[start + zoneAt] === 0x2b && block[start + zoneAt + 2] === 0x30 && block[start + zoneAt + 1] === 0x30) {
    return block.compare(at.since, 0, at.since.length, start, start + zoneAt) >= 0;
  }
  const line = parseLine(block.subarray(start, at.end));
  return line !== null && line.timeNs >= at.sinceNs;
}
