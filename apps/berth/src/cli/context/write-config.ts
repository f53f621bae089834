import {
  chownSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { fail, messageOf } from "@berth/base";
import { configPath } from "./config.ts";
import { readJsonFile } from "./json-file.ts";

/**
 * Sets one key of `config.json`, or takes it out; all others, known or not, stay as they are. The file is written
 * beside and renamed; mode, owner and a link to it stay.
 * @throws invalid when the file there cannot be read: it is not replaced
 */
export async function setConfig(directory: string, name: string, value: string | undefined): Promise<void> {
  const path = configPath(directory);
  const fields = await readJsonFile(path);
  if (fields?.[name] === value) return;
  const others = Object.entries(fields ?? {}).filter(([key]) => key !== name);
  const entries = value === undefined ? others : Object.entries({ ...fields, [name]: value });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  replaceFile(path, JSON.stringify(Object.fromEntries(entries), null, "\t"), 0o600);
}

/** Replaces a file as a whole, or not at all. */
export function replaceFile(path: string, content: string | Uint8Array, mode: number): void {
  const target = tryTo(() => realpathSync(path)) ?? path;
  const facts = tryTo(() => statSync(target));
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, "wx", 0o600);
    try {
      const bytes = Buffer.from(content);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fchmodSync(file, facts === undefined ? mode : facts.mode & 0o777);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // Somebody else's file stays theirs; who may not give files away has one of his own.
    if (facts !== undefined && process.getuid?.() === 0) chownSync(temporary, facts.uid, facts.gid);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw fail("internal", `${path} cannot be written: ${messageOf(error)}`, error);
  }
}

function tryTo<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
