import type { ForwardEntry } from "../../forward/entry.ts";

const escaped = /[\p{Cc}"\\<>&\u2028\u2029]/gu;

/** One line of Docker's json-file log. `attributes` stand in each line, unless there are none. */
export function jsonLine({ stream, timeNs, text, piece }: ForwardEntry, attributes: string): string {
  const log = Buffer.from(text.buffer, text.byteOffset, text.length).toString("utf8");
  const end = piece === null || piece.last ? "\\n" : "";
  const attrs = attributes === "" ? "" : `,"attrs":${attributes}`;
  return `{"log":"${log.replace(escaped, escapeOne)}${end}","stream":"${stream}"${attrs},"time":"${time(timeNs)}"}\n`;
}

/** The attributes of a container as they stand in its lines; empty when it has none. */
export function jsonAttributes(attributes: Readonly<Record<string, string>>): string {
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return "";
  return `{${entries.map(([key, value]) => `${quote(key)}:${quote(value)}`).join(",")}}`;
}

function quote(text: string): string {
  return `"${text.replace(escaped, escapeOne)}"`;
}

function escapeOne(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  const code = character.charCodeAt(0);
  // Control characters above the ASCII ones stand for themselves.
  if (code >= 0x7f && code < 0xa0) return character;
  return `\\u${code.toString(16).padStart(4, "0")}`;
}

function time(timeNs: bigint): string {
  const seconds = new Date(Number(timeNs / 1_000_000n)).toISOString().slice(0, 19);
  const fraction = String(timeNs % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${seconds}${fraction === "" ? "" : `.${fraction}`}Z`;
}
