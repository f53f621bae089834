import { readdirSync } from "node:fs";
import { fail, messageOf } from "@berth/base";
import { type Fields, memberOf, readJsonFile, readText } from "../json-file.ts";
import { foldersOf, type StoredContext, type TlsFiles } from "./stored.ts";

/** Certificates and keys are small. */
export const largestTlsBytes: number = 1024 * 1024;
/** Nobody has more contexts, or more files in one. */
const mostEntries = 10_000;

/**
 * Reads a context.
 * @throws not-found when there is none of that name, invalid when its file cannot be read
 */
export async function readContext(directory: string, name: string): Promise<StoredContext> {
  const fields = await readJsonFile(`${foldersOf(directory, name).meta}/meta.json`);
  if (fields === undefined) throw fail("not-found", `context ${JSON.stringify(name)}: context not found`);
  return { ...storedOf(fields), name };
}

/** What a `meta.json` says. */
export function storedOf(fields: Fields): StoredContext {
  const endpoints = memberOf(fields, "Endpoints") ?? {};
  const kinds = Object.keys(endpoints).map((kind) => [kind, memberOf(endpoints, kind) ?? {}] as const);
  const name = fields["Name"];
  return {
    name: typeof name === "string" ? name : "",
    metadata: memberOf(fields, "Metadata") ?? {},
    endpoints: Object.fromEntries(kinds),
  };
}

/** A context of a list: what it says, or why it cannot be read. */
export type ListedContext = StoredContext | { readonly name: string; readonly problem: string };

/** All contexts that have files, in no order. */
export async function listContexts(directory: string): Promise<ListedContext[]> {
  const folder = `${directory}/contexts/meta`;
  return Promise.all(
    entriesOf(folder).map(async (id): Promise<ListedContext> => {
      try {
        const fields = await readJsonFile(`${folder}/${id}/meta.json`);
        const stored = fields === undefined ? undefined : storedOf(fields);
        if (stored !== undefined && foldersOf(directory, stored.name).meta.endsWith(`/${id}`)) return stored;
        return { name: id.slice(0, 12), problem: `${folder}/${id} holds no context of its name` };
      } catch (error) {
        return { name: id.slice(0, 12), problem: messageOf(error) };
      }
    }),
  );
}

/** Certificates and keys of a context. @throws invalid when a file cannot be read */
export async function readTlsFiles(directory: string, name: string): Promise<TlsFiles> {
  const folder = foldersOf(directory, name).tls;
  const endpoints: Record<string, Record<string, Uint8Array>> = {};
  for (const kind of entriesOf(folder)) {
    const files: Record<string, Uint8Array> = {};
    for (const file of entriesOf(`${folder}/${kind}`)) {
      const text = await readText(`${folder}/${kind}/${file}`, largestTlsBytes);
      if (text !== undefined) files[file] = new TextEncoder().encode(text);
    }
    endpoints[kind] = files;
  }
  return endpoints;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort().slice(0, mostEntries);
  } catch {
    return [];
  }
}
