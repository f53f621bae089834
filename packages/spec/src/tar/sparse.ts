import { fail } from "@berth/base";
import { tarBlockBytes } from "./entry.ts";
import { parseTarNumber } from "./header.ts";
import { type PaxRecords, parsePaxNumber, paxText } from "./pax.ts";

/** A piece of a sparse file that the archive has; between the pieces there are holes. */
export interface SparseRange {
  readonly offset: number;
  readonly length: number;
}

/** Where the data of a sparse file goes. */
export interface SparseLayout {
  /** In order, without overlaps, none beyond the size. */
  readonly ranges: readonly SparseRange[];
  /** The file's size with its holes. */
  readonly sizeBytes: number;
}

/** The largest file of ext4: no archive of a real file says more. */
const largestBytes = 16 * 2 ** 40;
/** 21 to a block of extension; 1 MiB of map is what Go's archive/tar takes. */
const mostRanges = 65_536;

/**
 * Checks a map and the sizes that go with it.
 * @param storedBytes how much data the archive has of the file
 * @throws invalid for a map that overlaps, leads beyond the size, or is not what the archive has
 */
export function sparseLayout(ranges: readonly SparseRange[], sizeBytes: number, storedBytes: number): SparseLayout {
  if (!(sizeBytes >= 0 && sizeBytes <= largestBytes)) throw malformed();
  let end = 0;
  let stored = 0;
  for (const { offset, length } of ranges) {
    if (offset < end || length < 0 || offset + length > sizeBytes) throw malformed();
    end = offset + length;
    stored += length;
  }
  if (stored !== storedBytes) throw malformed();
  return { ranges: ranges.filter(({ length }) => length > 0), sizeBytes };
}

/** What a GNU header of type `S` says (GNU tar manual, "Old GNU Format"): four ranges, the size, and whether blocks of more follow. */
export function parseOldSparse(block: Uint8Array): { readonly ranges: SparseRange[]; readonly sizeBytes: number; readonly more: boolean } {
  return { ranges: rangesAt(block, 386, 4), sizeBytes: parseTarNumber(block, 483, 12), more: block[482] !== 0 };
}

/** A block of more ranges: 21 of them, and whether another one follows. */
export function parseSparseExtension(block: Uint8Array): { readonly ranges: SparseRange[]; readonly more: boolean } {
  return { ranges: rangesAt(block, 0, 21), more: block[504] !== 0 };
}

/** Adds ranges to others. @throws invalid when they become too many */
export function addRanges(to: SparseRange[], more: readonly SparseRange[]): void {
  if (to.length + more.length > mostRanges) throw tooMany();
  to.push(...more);
}

function rangesAt(block: Uint8Array, at: number, most: number): SparseRange[] {
  const found: SparseRange[] = [];
  for (let place = at; place < at + most * 24 && block[place] !== 0; place += 24)
    found.push({ offset: parseTarNumber(block, place, 12), length: parseTarNumber(block, place + 12, 12) });
  return found;
}

/** What pax records say of a sparse file (GNU tar manual, "PAX Formats"); `ranges` is null when they stand before the data (1.0). */
export interface PaxSparse {
  readonly name: Uint8Array | null;
  readonly sizeBytes: number | null;
  readonly ranges: SparseRange[] | null;
}

/** null when the records are those of an ordinary file, or of a format that nobody knows: then Go's reader takes it for one. */
export function paxSparse(pax: PaxRecords): PaxSparse | null {
  const text = (key: string): string => paxText(pax.get(`GNU.sparse.${key}`) ?? new Uint8Array(0));
  const version = `${text("major")}.${text("minor")}`;
  const before = version === "1.0";
  if (!before && version !== "0.0" && version !== "0.1" && (version !== "." || text("map") === "")) return null;
  const name = pax.get("GNU.sparse.name") ?? null;
  const size = text("size") === "" ? text("realsize") : text("size");
  return {
    name: name === null || name.length === 0 ? null : name,
    sizeBytes: size === "" ? null : parsePaxNumber(size),
    ranges: before ? null : pairs(text("map"), text("numblocks")),
  };
}

function pairs(map: string, count: string): SparseRange[] {
  const numbers = map === "" ? [] : map.split(",").map(parsePaxNumber);
  if (count === "" || numbers.length !== parsePaxNumber(count) * 2) throw malformed();
  return paired(numbers);
}

function paired(numbers: readonly number[]): SparseRange[] {
  const ranges: SparseRange[] = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) addRanges(ranges, [{ offset: numbers[at] ?? 0, length: numbers[at + 1] ?? 0 }]);
  return ranges;
}

/** The map of format 1.0: decimal numbers, each with a newline, their count first, filled up to whole blocks. */
export class SparseMapReader {
  readonly #numbers: number[] = [];
  #rest = "";
  #most: number | null = null;

  /** Takes the next block. @returns the ranges when the map is whole, else null */
  add(block: Uint8Array): SparseRange[] | null {
    const lines = (this.#rest + Buffer.from(block.buffer, block.byteOffset, tarBlockBytes).toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    const whole = this.#most !== null && this.#numbers.length + lines.length >= this.#most;
    // Zeros after the map are no number; before its end no number is that long.
    if (this.#rest.length > 20 && !whole && !(this.#most === null && lines.length > 0)) throw malformed();
    for (const line of lines) {
      if (this.#most === null) {
        this.#most = parsePaxNumber(line) * 2;
        if (this.#most > mostRanges * 2) throw tooMany();
      } else if (this.#numbers.length < this.#most) this.#numbers.push(parsePaxNumber(line));
    }
    return this.#most !== null && this.#numbers.length === this.#most ? paired(this.#numbers) : null;
  }
}

function tooMany(): Error {
  return fail("invalid", `archive/tar: a sparse file of more than ${mostRanges} pieces`);
}

function malformed(): Error {
  return fail("invalid", "archive/tar: invalid sparse file");
}
