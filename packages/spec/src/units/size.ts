import { formatSignificant } from "./number.ts";

const decimalNames = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
const binaryNames = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

/** A size in powers of 1000 as docker prints it: `1.24MB`. Tables use three digits, messages four. */
export function formatSize(bytes: number, digits = 4): string {
  return scale(bytes, { base: 1000, names: decimalNames, digits });
}

/** A size in powers of 1024 as docker prints it: `23.54GiB`. */
export function formatBinarySize(bytes: number, digits = 4): string {
  return scale(bytes, { base: 1024, names: binaryNames, digits });
}

/** What {@link parseBinarySize} found wrong. */
export class SizeError extends Error {}

const suffixes = ["", "k", "m", "g", "t", "p"];

/**
 * Reads `512m`, `1.5g`, `64 KiB`: a number, then `b`, `k`, `m`, `g`, `t` or `p` with `b` or `ib` after it, in any
 * case; all units are powers of 1024 (docker's grammar of `--memory`).
 * @returns whole bytes, rounded down
 * @throws {SizeError} with docker's words
 */
export function parseBinarySize(text: string): number {
  return parseSize(text, 1024);
}

/** The same grammar with units that are powers of 1000, as docker reads `max-size` of a log. */
export function parseDecimalSize(text: string): number {
  return parseSize(text, 1000);
}

function parseSize(text: string, base: number): number {
  const last = Math.max(...Array.from("0123456789. ", (character) => text.lastIndexOf(character)));
  if (last === -1) throw new SizeError(`invalid size: '${text}'`);
  const number = text[last] === " " ? text.slice(0, last) : text.slice(0, last + 1);
  const suffix = text.slice(last + 1).toLowerCase();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(number)) {
    throw new SizeError(`strconv.ParseFloat: parsing ${JSON.stringify(number)}: invalid syntax`);
  }
  const size = Number(number);
  if (size < 0) throw new SizeError(`invalid size: '${text}'`);
  if (suffix === "" || suffix === "b") return Math.trunc(size);
  const power = suffixes.indexOf(suffix.charAt(0));
  if (power < 1 || !["", "b", "ib"].includes(suffix.slice(1))) throw new SizeError(`invalid suffix: '${suffix}'`);
  return Math.trunc(size * base ** power);
}

function scale(bytes: number, how: { base: number; names: readonly string[]; digits: number }): string {
  let size = bytes;
  let unit = 0;
  while (size >= how.base && unit < how.names.length - 1) {
    size /= how.base;
    unit++;
  }
  return `${formatSignificant(size, how.digits)}${how.names[unit] ?? ""}`;
}
