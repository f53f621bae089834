import { fail } from "@berth/base";
import { formatTarEntry, type TarEntry, TarReader, tarEnd, tarPadding } from "@berth/spec";
import type { Fields } from "../json-file.ts";
import { storedOf } from "./read.ts";
import type { StoredContext, TlsFiles } from "./stored.ts";
import { metaText } from "./write.ts";

/** As much as docker imports. */
export const largestArchiveBytes: number = 10 * 1024 * 1024;
const mostFiles = 1000;

/** A context as the tar archive that `docker context import` reads. */
export function writeArchive(stored: StoredContext, tls: TlsFiles): Uint8Array {
  const parts: Uint8Array[] = [];
  const add = (name: string, mode: number, bytes?: Uint8Array): void => {
    const type = bytes === undefined ? "directory" : "file";
    parts.push(formatTarEntry({ name, type, mode, sizeBytes: bytes?.length ?? 0 }));
    if (bytes !== undefined) parts.push(bytes, tarPadding(bytes.length));
  };
  add("meta.json", 0o644, new TextEncoder().encode(metaText(stored)));
  add("tls", 0o700);
  for (const [kind, files] of Object.entries(tls)) {
    add(`tls/${kind}`, 0o700);
    for (const [name, bytes] of Object.entries(files)) add(`tls/${kind}/${name}`, 0o600, bytes);
  }
  return Buffer.concat([...parts, tarEnd()]);
}

/**
 * Reads what {@link writeArchive} or docker wrote, as tar or zip.
 * @throws invalid when it holds anything else
 */
export async function readArchive(bytes: Uint8Array): Promise<{ readonly stored: StoredContext; readonly tls: TlsFiles }> {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const files = isZip ? (await import("./zip.ts")).readZip(bytes, { files: mostFiles, totalBytes: largestArchiveBytes }) : readTar(bytes);
  let stored: StoredContext | undefined;
  const tls: Record<string, Record<string, Uint8Array>> = {};
  for (const [name, content] of files) {
    const [, kind, file] = /^tls\/([\w.-]+)\/([\w.-]+)$/.exec(name) ?? [];
    if (name === "meta.json") stored = storedOf(parseMeta(content));
    else if (kind === undefined || file === undefined || /^\.+$/.test(kind) || /^\.+$/.test(file)) {
      throw fail("invalid", `${name}: unexpected context file`);
    } else tls[kind] = { ...tls[kind], [file]: content };
  }
  if (stored === undefined) throw fail("invalid", "invalid context: no meta.json found");
  return { stored, tls };
}

function readTar(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let open: { readonly name: string; readonly parts: Uint8Array[] } | undefined;
  const reader = new TarReader(
    {
      entry: (entry: TarEntry) => {
        open = entry.type === "file" ? { name: entry.name, parts: [] } : undefined;
        if (entry.type !== "file" && entry.type !== "directory") throw fail("invalid", `${entry.name}: unexpected context file`);
      },
      data: (piece: Uint8Array) => {
        open?.parts.push(piece.slice());
      },
      end: () => {
        if (open !== undefined) files.set(open.name, Buffer.concat(open.parts));
        open = undefined;
      },
    },
    { entries: mostFiles, metadataBytes: 64 * 1024 },
  );
  reader.push(bytes);
  // docker's own archives end without padding and without an end marker; only what is cut inside of a file is cut.
  if (open !== undefined) throw fail("invalid", "archive/tar: unexpected EOF");
  return files;
}

function parseMeta(bytes: Uint8Array): Fields {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw fail("invalid", "meta.json of the archive is no JSON", error);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw fail("invalid", "meta.json of the archive is no JSON object");
  return value as Fields;
}
