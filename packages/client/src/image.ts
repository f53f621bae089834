import type { ImageDeleteItem, ImageHistoryItem, ImageInspect, ImageSummary, ProgressMessage } from "@berth/spec";
import type { Connection } from "./connection/connection.ts";
import { readJsonLines } from "./connection/lines.ts";
import type { FilterValues } from "./filters.ts";
import { encodeFilters } from "./filters.ts";

/** A tar archive on its way to the engine. */
export type Archive = ReadableStream<Uint8Array> | Blob;

/** GET /images/json. */
export function listImages(
  engine: Connection,
  options: { readonly all?: boolean; readonly filters?: FilterValues } = {},
): Promise<ImageSummary[]> {
  return engine.json({
    method: "GET",
    path: "/images/json",
    query: { all: options.all || undefined, filters: encodeFilters(options.filters) },
  });
}

/** GET /images/{name}/json. */
export function inspectImage(engine: Connection, name: string): Promise<ImageInspect> {
  return engine.json({ method: "GET", path: `/images/${imagePath(name)}/json` });
}

/** GET /images/{name}/history. */
export function imageHistory(engine: Connection, name: string): Promise<ImageHistoryItem[]> {
  return engine.json({ method: "GET", path: `/images/${imagePath(name)}/history` });
}

/** POST /images/{name}/tag. */
export function tagImage(engine: Connection, name: string, target: { readonly repo: string; readonly tag?: string }): Promise<void> {
  return engine.done({ method: "POST", path: `/images/${imagePath(name)}/tag`, query: { repo: target.repo, tag: target.tag } });
}

/** DELETE /images/{name}. */
export function removeImage(
  engine: Connection,
  name: string,
  options: { readonly force?: boolean; readonly noPrune?: boolean } = {},
): Promise<ImageDeleteItem[]> {
  const query = { force: options.force || undefined, noprune: options.noPrune || undefined };
  return engine.json({ method: "DELETE", path: `/images/${imagePath(name)}`, query });
}

/** POST /images/load. Errors come within the messages. */
export async function loadImages(
  engine: Connection,
  archive: Archive,
  options: { readonly quiet?: boolean; readonly platform?: string } = {},
): Promise<AsyncGenerator<ProgressMessage>> {
  const response = await engine.send({
    method: "POST",
    path: "/images/load",
    query: { quiet: options.quiet ?? false, platform: options.platform || undefined },
    body: archive,
    contentType: "application/x-tar",
  });
  return readJsonLines<ProgressMessage>(response.body);
}

/** GET /images/get: a tar archive of the images. */
export async function saveImages(
  engine: Connection,
  names: readonly string[],
  platform?: string,
): Promise<ReadableStream<Uint8Array> | null> {
  const response = await engine.send({ method: "GET", path: "/images/get", query: { names, platform: platform || undefined } });
  return response.body;
}

/** Where an imported root file system comes from and what it is called. */
export interface ImportSource {
  /** `-` when `archive` is given, else an address that the engine fetches. */
  readonly source: string;
  readonly archive?: Archive;
  readonly repo?: string;
  readonly tag?: string;
  readonly message?: string;
  readonly changes?: readonly string[];
  readonly platform?: string;
}

/** POST /images/create?fromSrc=…. Errors come within the messages. */
export async function importImage(engine: Connection, source: ImportSource): Promise<AsyncGenerator<ProgressMessage>> {
  const response = await engine.send({
    method: "POST",
    path: "/images/create",
    query: {
      fromSrc: source.source,
      repo: source.repo || undefined,
      tag: source.tag || undefined,
      message: source.message || undefined,
      changes: source.changes,
      platform: source.platform || undefined,
    },
    ...(source.archive === undefined ? {} : { body: source.archive, contentType: "application/x-tar" }),
  });
  return readJsonLines<ProgressMessage>(response.body);
}

/** POST /images/create?fromImage=…: fetches an image from its registry. Errors come within the messages, too. */
export async function pullImage(
  engine: Connection,
  image: { readonly name: string; readonly tag: string; readonly platform?: string },
): Promise<AsyncGenerator<ProgressMessage>> {
  const query = { fromImage: image.name, tag: image.tag, platform: image.platform || undefined };
  const response = await engine.send({ method: "POST", path: "/images/create", query });
  return readJsonLines<ProgressMessage>(response.body);
}

/** Slashes of a name stay slashes in the path. */
function imagePath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/").replaceAll("%3A", ":").replaceAll("%40", "@");
}
