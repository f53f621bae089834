import { open } from "node:fs/promises";
import { statSync } from "node:fs";
import { logFiles } from "../../files.ts";

/** How far a json-file has been written when the position was kept. */
export interface JsonMark {
  readonly inode: string;
  readonly sizeBytes: number;
}

const blockBytes = 64 * 1024;
const newline = 10;

/**
 * Puts a json-file in order that a killed daemon left: cuts off a line that was not written to its end, and counts the lines
 * that were written after the position was kept, so that none is written twice.
 */
export async function resumeJsonFile(path: string, mark: JsonMark | null): Promise<number> {
  const files = logFiles(path);
  const last = files.at(-1);
  if (last === undefined) return 0;
  if (last === path) await cutTornLine(path);
  const at = mark === null ? 0 : files.findIndex((file) => String(statSync(file, { bigint: true }).ino) === mark.inode);
  // Somebody moved it away: nothing in what is there now tells.
  if (at < 0) return 0;
  let lines = 0;
  for (const [index, file] of files.slice(at).entries()) lines += await countNewlines(file, index === 0 ? (mark?.sizeBytes ?? 0) : 0);
  return lines;
}

async function cutTornLine(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    let end = (await file.stat()).size;
    const block = Buffer.alloc(blockBytes);
    while (end > 0) {
      const start = Math.max(0, end - blockBytes);
      const { bytesRead } = await file.read(block, 0, end - start, start);
      const found = block.subarray(0, bytesRead).lastIndexOf(newline);
      if (found >= 0) {
        await file.truncate(start + found + 1);
        return;
      }
      end = start;
    }
    await file.truncate(0);
  } finally {
    await file.close();
  }
}

async function countNewlines(path: string, from: number): Promise<number> {
  const file = await open(path, "r");
  try {
    const block = Buffer.alloc(blockBytes);
    let lines = 0;
    for (let position = from; ; ) {
      const { bytesRead } = await file.read(block, 0, blockBytes, position);
      if (bytesRead === 0) return lines;
      position += bytesRead;
      for (let at = block.indexOf(newline); at >= 0 && at < bytesRead; at = block.indexOf(newline, at + 1)) lines++;
    }
  } finally {
    await file.close();
  }
}
