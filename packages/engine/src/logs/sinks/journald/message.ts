import type { ForwardEntry } from "../../forward/entry.ts";

const errors = "3";
const informational = "6";
const newline = Buffer.from("\n");

/** A field name for the journal: capital letters, digits and underscores, not one of these first; null when nothing is left. */
export function journalField(name: string): string | null {
  const field = name
    .replace(/[a-z]/g, (letter) => letter.toUpperCase())
    .replace(/[^A-Z0-9_]/gu, "_")
    .replace(/^_+/, "");
  return field === "" ? null : field;
}

/** The native journal protocol's form of some fields: a value with a newline has its length before it (systemd.journal-native). */
export function encodeFields(fields: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const parts: Uint8Array[] = [];
  for (const [name, value] of Object.entries(fields)) {
    const bytes = typeof value === "string" ? Buffer.from(value) : value;
    if (!bytes.includes(10)) {
      parts.push(Buffer.from(`${name}=`), bytes, newline);
      continue;
    }
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    parts.push(Buffer.from(`${name}\n`), length, bytes, newline);
  }
  return Buffer.concat(parts);
}

/** The fields of one entry besides those of its container. */
export function entryFields({ stream, timeNs, text, piece, ordinal }: ForwardEntry): Buffer {
  return encodeFields({
    MESSAGE: text,
    PRIORITY: stream === "stderr" ? errors : informational,
    SYSLOG_TIMESTAMP: timestamp(timeNs),
    CONTAINER_LOG_ORDINAL: String(ordinal),
    ...(piece === null
      ? {}
      : {
          CONTAINER_PARTIAL_ID: piece.id,
          CONTAINER_PARTIAL_ORDINAL: String(piece.ordinal),
          CONTAINER_PARTIAL_LAST: String(piece.last),
          ...(piece.last ? {} : { CONTAINER_PARTIAL_MESSAGE: "true" }),
        }),
  });
}

function timestamp(timeNs: bigint): string {
  const seconds = new Date(Number(timeNs / 1_000_000n)).toISOString().slice(0, 19);
  const fraction = String(timeNs % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${seconds}${fraction === "" ? "" : `.${fraction}`}Z`;
}
