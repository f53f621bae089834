import { fail, pathOfBytes } from "@berth/base";
import { type TarEntry, type TarType, tarBlockBytes } from "./entry.ts";
import { isZeroBlock, parseTarHeader, type TarHeader } from "./header.ts";
import { type PaxRecords, parsePaxNumber, parsePaxRecords, parsePaxTime, paxText } from "./pax.ts";
import {
  addRanges,
  parseOldSparse,
  parseSparseExtension,
  type PaxSparse,
  paxSparse,
  type SparseLayout,
  SparseMapReader,
  type SparseRange,
  sparseLayout,
} from "./sparse.ts";

/** Told what a {@link TarReader} finds, in the order of the archive. */
export interface TarSink {
  entry(entry: TarEntry): void;
  /** A piece of the last entry's data; only valid during the call. */
  data(bytes: Uint8Array): void;
  /** The next bytes of the last entry's data are zeros, and need not be stored. Without it sparse files are refused. */
  hole?(bytes: number): void;
  /** All data of the last entry has been given. Called for every entry. */
  end(): void;
}

/** Bounds of one archive. */
export interface TarLimits {
  /** Most entries, those for pax and GNU records included. */
  readonly entries: number;
  /** Longest pax or GNU record block. */
  readonly metadataBytes: number;
}

/** Two million files are four times the largest images in use; records of 1 MiB are what Go's archive/tar takes. */
export const defaultTarLimits: TarLimits = { entries: 2_000_000, metadataBytes: 1 << 20 };

const types: Readonly<Record<string, TarType>> = {
  "0": "file",
  "1": "link",
  "2": "symlink",
  "3": "char",
  "4": "block",
  "5": "directory",
  "6": "fifo",
  "7": "file",
};

/** A sparse file whose map is not whole yet. */
interface PendingSparse {
  readonly entry: TarEntry;
  readonly ranges: SparseRange[];
  readonly map: SparseMapReader;
}

interface SparseProgress extends SparseLayout {
  /** The range that the next data belongs to. */
  next: number;
  /** How much of the file has been told. */
  at: number;
}

const schilyPrefix = "SCHILY.xattr.";

/**
 * Reads a tar archive (v7, ustar, pax, GNU long names) that is pushed in pieces of any size. Nothing waits:
 * the sink is called inside {@link push}, with views of the pushed bytes. Sparse files (GNU, and pax 0.0, 0.1 and 1.0) are told with
 * their holes.
 */
export class TarReader {
  readonly #sink: TarSink;
  readonly #limits: TarLimits;
  readonly #block = new Uint8Array(tarBlockBytes);
  #filled = 0;
  #state: "header" | "sparse-extension" | "sparse-map" | "data" | "metadata" | "padding" | "end" = "header";
  #left = 0;
  #padding = 0;
  #zeroBlocks = 0;
  #entries = 0;
  #metadata: Uint8Array = new Uint8Array(0);
  #metadataFlag = "";
  #pax: PaxRecords | null = null;
  #longName: string | null = null;
  #longLink: string | null = null;
  #pending: PendingSparse | null = null;
  #sparse: SparseProgress | null = null;

  constructor(sink: TarSink, limits: TarLimits = defaultTarLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** Whether the end marker was seen; what follows it is ignored. */
  get ended(): boolean {
    return this.#state === "end";
  }

  /** @throws invalid when the archive is malformed or beyond the limits, and whatever the sink throws */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const rest = bytes.length - at;
      switch (this.#state) {
        case "header":
        case "sparse-extension":
        case "sparse-map": {
          if (this.#filled === 0 && rest >= tarBlockBytes) {
            this.#takeBlock(bytes.subarray(at, at + tarBlockBytes));
            at += tarBlockBytes;
            break;
          }
          const take = Math.min(tarBlockBytes - this.#filled, rest);
          this.#block.set(bytes.subarray(at, at + take), this.#filled);
          this.#filled += take;
          at += take;
          if (this.#filled < tarBlockBytes) break;
          this.#filled = 0;
          this.#takeBlock(this.#block);
          break;
        }
        case "data":
        case "metadata": {
          const take = Math.min(this.#left, rest);
          const piece = bytes.subarray(at, at + take);
          if (this.#state === "data") this.#give(piece);
          else this.#metadata.set(piece, this.#metadata.length - this.#left);
          this.#left -= take;
          at += take;
          if (this.#left === 0) this.#dataEnd();
          break;
        }
        case "padding": {
          const take = Math.min(this.#padding, rest);
          this.#padding -= take;
          at += take;
          if (this.#padding === 0) this.#state = "header";
          break;
        }
        case "end":
          return;
      }
    }
  }

  /** To be called after the last piece. An archive may lack its end marker, as Go's reader allows. @throws invalid when it is cut off */
  finish(): void {
    const between = this.#state === "header" && this.#filled === 0 && this.#metadataFlag === "";
    if (!between && this.#state !== "end") throw fail("invalid", "unexpected EOF");
  }

  #takeBlock(block: Uint8Array): void {
    if (this.#state === "header") this.#header(block);
    else if (this.#state === "sparse-extension") this.#sparseExtension(block);
    else this.#sparseMap(block);
  }

  #header(block: Uint8Array): void {
    if (isZeroBlock(block)) {
      if (++this.#zeroBlocks === 2) this.#state = "end";
      return;
    }
    if (this.#zeroBlocks === 1) throw fail("invalid", "archive/tar: invalid tar header");
    if (++this.#entries > this.#limits.entries) {
      throw fail("invalid", `archive/tar: more than ${this.#limits.entries} entries`);
    }
    const header = parseTarHeader(block);
    if ("xgLK".includes(header.typeFlag)) this.#startMetadata(header);
    else if (header.typeFlag === "S") this.#startOldSparse(header, block);
    else this.#startEntry(header);
  }

  #startMetadata(header: TarHeader): void {
    if (header.size < 0 || header.size > this.#limits.metadataBytes) {
      throw fail("invalid", `archive/tar: a header record of ${header.size} bytes, more than ${this.#limits.metadataBytes}`);
    }
    this.#metadata = new Uint8Array(header.size);
    this.#metadataFlag = header.typeFlag;
    this.#left = header.size;
    this.#padding = padding(header.size);
    this.#state = "metadata";
    if (header.size === 0) this.#dataEnd();
  }

  #startEntry(header: TarHeader): void {
    const pax = this.#pax;
    const entry = this.#finishMetadata(header);
    this.#left = entry.sizeBytes;
    this.#padding = padding(entry.sizeBytes);
    const sparse = entry.type === "file" && pax !== null ? paxSparse(pax) : null;
    if (sparse !== null) this.#startPaxSparse(entry, sparse);
    else this.#begin(entry);
  }

  /** An entry with the records that stood before it, which are done with. */
  #finishMetadata(header: TarHeader): TarEntry {
    const entry = this.#assemble(header);
    this.#pax = null;
    this.#longName = null;
    this.#longLink = null;
    this.#metadataFlag = "";
    return entry;
  }

  /** Tells of an entry; its data comes next. */
  #begin(entry: TarEntry): void {
    this.#state = "data";
    this.#sink.entry(entry);
    if (this.#left === 0) this.#dataEnd();
  }

  #startOldSparse(header: TarHeader, block: Uint8Array): void {
    const { ranges, sizeBytes, more } = parseOldSparse(block);
    const entry = this.#finishMetadata({ ...header, typeFlag: "0" });
    this.#left = entry.sizeBytes;
    this.#padding = padding(entry.sizeBytes);
    this.#pending = { entry: { ...entry, sizeBytes }, ranges, map: new SparseMapReader() };
    if (more) this.#state = "sparse-extension";
    else this.#beginSparse();
  }

  #sparseExtension(block: Uint8Array): void {
    const { ranges, more } = parseSparseExtension(block);
    if (this.#pending !== null) addRanges(this.#pending.ranges, ranges);
    if (!more) this.#beginSparse();
  }

  #startPaxSparse(entry: TarEntry, sparse: PaxSparse): void {
    const name = sparse.name === null ? entry.name : pathOfBytes(sparse.name);
    const whole = { ...entry, name, sizeBytes: sparse.sizeBytes ?? entry.sizeBytes };
    this.#pending = { entry: whole, ranges: sparse.ranges ?? [], map: new SparseMapReader() };
    if (sparse.ranges === null) this.#state = "sparse-map";
    else this.#beginSparse();
  }

  /** A block of the map that stands before the data, as a part of it. */
  #sparseMap(block: Uint8Array): void {
    const pending = this.#pending;
    this.#left -= tarBlockBytes;
    if (pending === null || this.#left < 0) throw fail("invalid", "archive/tar: invalid sparse file");
    const ranges = pending.map.add(block);
    if (ranges === null) return;
    addRanges(pending.ranges, ranges);
    this.#beginSparse();
  }

  #beginSparse(): void {
    const pending = this.#pending;
    this.#pending = null;
    if (pending === null) return;
    const { entry, ranges } = pending;
    if (this.#sink.hole === undefined) throw fail("invalid", `archive/tar: ${quote(entry.name)} is a sparse file, which is not supported`);
    this.#sparse = { ...sparseLayout(ranges, entry.sizeBytes, this.#left), next: 0, at: 0 };
    this.#begin(entry);
  }

  /** Data of the last entry; of a sparse one each piece in its place. */
  #give(piece: Uint8Array): void {
    const sparse = this.#sparse;
    if (sparse === null) {
      this.#sink.data(piece);
      return;
    }
    for (let rest = piece; rest.length > 0; ) {
      const range = sparse.ranges[sparse.next];
      if (range === undefined) return;
      this.#skipTo(sparse, range.offset);
      const take = Math.min(rest.length, range.offset + range.length - sparse.at);
      this.#sink.data(rest.subarray(0, take));
      rest = rest.subarray(take);
      sparse.at += take;
      if (sparse.at === range.offset + range.length) sparse.next++;
    }
  }

  #skipTo(sparse: SparseProgress, offset: number): void {
    if (offset > sparse.at) this.#sink.hole?.(offset - sparse.at);
    sparse.at = Math.max(sparse.at, offset);
  }

  #dataEnd(): void {
    if (this.#state === "data") {
      if (this.#sparse !== null) this.#skipTo(this.#sparse, this.#sparse.sizeBytes);
      this.#sparse = null;
      this.#sink.end();
    } else this.#metadataDone();
    this.#state = this.#padding === 0 ? "header" : "padding";
  }

  #metadataDone(): void {
    switch (this.#metadataFlag) {
      case "x":
        this.#pax = parsePaxRecords(this.#metadata);
        break;
      case "L":
        this.#longName = pathOfBytes(untilZero(this.#metadata));
        break;
      case "K":
        this.#longLink = pathOfBytes(untilZero(this.#metadata));
        break;
      default: // "g": global records describe the archive (git's commit id), Docker ignores them as well.
        this.#metadataFlag = "";
    }
    this.#metadata = new Uint8Array(0);
  }

  #assemble(header: TarHeader): TarEntry {
    const pax = this.#pax;
    const name = paxName(pax, "path") ?? this.#longName ?? header.name;
    const flag = header.typeFlag;
    let type = types[flag];
    if (type === undefined) throw fail("invalid", `archive/tar: ${quote(name)} has the unknown type ${quote(flag)}`);
    if (type === "file" && name.endsWith("/")) type = "directory";
    const size = paxNumber(pax, "size") ?? header.size;
    const uid = paxNumber(pax, "uid") ?? header.uid;
    const gid = paxNumber(pax, "gid") ?? header.gid;
    if (size < 0 || uid < 0 || gid < 0 || uid > 0xffff_fffe || gid > 0xffff_fffe) {
      throw fail("invalid", `archive/tar: ${quote(name)} has an impossible size or owner`);
    }
    const mtime = paxString(pax, "mtime");
    return {
      name,
      type,
      mode: header.mode & 0o7777,
      uid,
      gid,
      sizeBytes: type === "file" ? size : 0,
      mtimeNs: mtime === null ? BigInt(header.mtimeS) * 1_000_000_000n : parsePaxTime(mtime),
      linkName: paxName(pax, "linkpath") ?? this.#longLink ?? header.linkName,
      deviceMajor: header.deviceMajor,
      deviceMinor: header.deviceMinor,
      xattrs: pax === null ? null : xattrsOf(pax),
    };
  }
}

function padding(size: number): number {
  return (tarBlockBytes - (size % tarBlockBytes)) % tarBlockBytes;
}

function untilZero(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

/** A record's text; an empty one takes the field back to the header's (POSIX pax). */
function paxString(pax: PaxRecords | null, keyword: string): string | null {
  const value = pax?.get(keyword);
  return value === undefined || value.length === 0 ? null : paxText(value);
}

function paxName(pax: PaxRecords | null, keyword: string): string | null {
  const value = pax?.get(keyword);
  return value === undefined || value.length === 0 ? null : pathOfBytes(value);
}

function paxNumber(pax: PaxRecords | null, keyword: string): number | null {
  const value = paxString(pax, keyword);
  return value === null ? null : parsePaxNumber(value);
}

function xattrsOf(pax: PaxRecords): ReadonlyMap<string, Uint8Array> | null {
  let found: Map<string, Uint8Array> | null = null;
  for (const [keyword, value] of pax) {
    if (!keyword.startsWith(schilyPrefix)) continue;
    found ??= new Map();
    found.set(keyword.slice(schilyPrefix.length), value);
  }
  return found;
}
