import { existsSync, mkdirSync, rmSync } from "node:fs";
import { replaceFile } from "../write-config.ts";
import { foldersOf, type StoredContext, type TlsFiles } from "./stored.ts";

/**
 * Writes a context; certificates and keys first, so that a context that is there is whole.
 * @param tls replaces all such files; undefined leaves them
 */
export function writeContext(directory: string, stored: StoredContext, tls: TlsFiles | undefined): void {
  const folders = foldersOf(directory, stored.name);
  if (tls !== undefined) writeTls(folders.tls, tls);
  mkdirSync(folders.meta, { recursive: true, mode: 0o755 });
  replaceFile(`${folders.meta}/meta.json`, metaText(stored), 0o644);
}

/** The text of a `meta.json`, as docker writes it. */
export function metaText({ name, metadata, endpoints }: StoredContext): string {
  const text = JSON.stringify({ Name: name, Metadata: metadata, Endpoints: endpoints });
  return text.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
}

/** Whether there is such a context. */
export function contextExists(directory: string, name: string): boolean {
  return existsSync(`${foldersOf(directory, name).meta}/meta.json`);
}

/** Takes a context's files away; without the first of them it is none any more. */
export function removeContext(directory: string, name: string): void {
  const folders = foldersOf(directory, name);
  rmSync(`${folders.meta}/meta.json`, { force: true });
  rmSync(folders.meta, { recursive: true, force: true });
  rmSync(folders.tls, { recursive: true, force: true });
}

function writeTls(folder: string, tls: TlsFiles): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [kind, files] of Object.entries(tls)) {
    mkdirSync(`${folder}/${kind}`, { recursive: true, mode: 0o700 });
    for (const [name, bytes] of Object.entries(files)) replaceFile(`${folder}/${kind}/${name}`, bytes, 0o600);
  }
}
