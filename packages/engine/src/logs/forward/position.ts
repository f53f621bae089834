import { newId } from "@berth/base";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { OpenLines } from "./splitter.ts";

/** How far a container's log has been forwarded. Plain JSON, kept in `forward.json` beside the log's folder. */
export interface ForwardPosition {
  /** Told to receivers that can use it: with an entry's number it tells a repeated entry. */
  readonly epoch: string;
  /** The log file, and where in it the next line begins; null before the first. */
  readonly file: { readonly inode: string; readonly bornNs: string; readonly offset: number } | null;
  readonly open: OpenLines;
  /** Entries sent so far. */
  readonly sent: number;
  /** Lines that were rotated away, or removed with the container, before they could be sent. */
  readonly dropped: number;
  /** How often the file of the kept position was gone, so that nobody knows how many lines were lost. */
  readonly gaps: number;
  /** What the sink keeps. */
  readonly mark: unknown;
  /** The container had ended and everything was sent. */
  readonly drained: boolean;
}

/** The position of a container whose log nobody has begun to forward. */
export function firstPosition(): ForwardPosition {
  return { epoch: newId(), file: null, open: {}, sent: 0, dropped: 0, gaps: 0, mark: null, drained: false };
}

/** The kept position; null when there is none or it cannot be read. */
export function readPosition(path: string): ForwardPosition | null {
  try {
    const kept = JSON.parse(readFileSync(path, "utf8")) as ForwardPosition;
    return { ...firstPosition(), ...kept };
  } catch {
    return null;
  }
}

/**
 * Keeps a position: written beside and renamed, so that a killed daemon finds the last or the one before. Not synced: after
 * a power cut more may be repeated.
 */
export function writePosition(path: string, position: ForwardPosition): void {
  writeFileSync(`${path}.new`, JSON.stringify(position), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
