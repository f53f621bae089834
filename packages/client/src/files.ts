import { fail } from "@berth/base";
import type { Connection } from "./connection/connection.ts";
import { pathPart } from "./connection/connection.ts";
import type { Archive } from "./image.ts";

/** What is at a path of a container. */
export interface ContainerPathStat {
  readonly name: string;
  readonly size: number;
  /** Go's os.FileMode: folder 2^31, symbolic link 2^27. */
  readonly mode: number;
  readonly mtime: string;
  /** Where a link leads, absolute inside the container. */
  readonly linkTarget: string;
}

const statHeader = "x-docker-container-path-stat";
/** The engine is near: packing would cost more time than it saves. */
const headers = { "accept-encoding": "identity" };

/** HEAD /containers/{id}/archive. */
export async function statContainerPath(engine: Connection, name: string, path: string): Promise<ContainerPathStat> {
  const response = await engine.send({ method: "HEAD", path: `/containers/${pathPart(name)}/archive`, query: { path } });
  return statOf(response);
}

/** GET /containers/{id}/archive: a file or folder as a tar. */
export async function readContainerPath(
  engine: Connection,
  name: string,
  path: string,
): Promise<{ readonly stat: ContainerPathStat; readonly archive: ReadableStream<Uint8Array> }> {
  const response = await engine.send({ method: "GET", path: `/containers/${pathPart(name)}/archive`, query: { path }, headers });
  return { stat: statOf(response), archive: bodyOf(response) };
}

/** PUT /containers/{id}/archive: unpacks a tar into a folder. */
export function writeContainerPath(
  engine: Connection,
  name: string,
  options: { readonly path: string; readonly archive: Archive; readonly copyOwner: boolean },
): Promise<void> {
  return engine.done({
    method: "PUT",
    path: `/containers/${pathPart(name)}/archive`,
    query: { path: options.path, noOverwriteDirNonDir: "true", copyUIDGID: options.copyOwner ? "true" : undefined },
    body: options.archive,
    contentType: "application/x-tar",
  });
}

/** One changed path: 0 modified, 1 added, 2 deleted. */
export interface ContainerChange {
  readonly Path: string;
  readonly Kind: number;
}

/** GET /containers/{id}/changes. */
export async function containerChanges(engine: Connection, name: string): Promise<readonly ContainerChange[]> {
  const path = `/containers/${pathPart(name)}/changes`;
  return (await engine.json<ContainerChange[] | null>({ method: "GET", path })) ?? [];
}

/** GET /containers/{id}/export: the whole root file system as a tar. */
export async function exportContainer(engine: Connection, name: string): Promise<ReadableStream<Uint8Array>> {
  return bodyOf(await engine.send({ method: "GET", path: `/containers/${pathPart(name)}/export`, headers }));
}

/** How an image is made of a container. */
export interface CommitOptions {
  readonly repo?: string;
  readonly tag?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly pause: boolean;
  readonly changes?: readonly string[];
}

/** POST /commit; the image's id. */
export async function commitContainer(engine: Connection, container: string, options: CommitOptions): Promise<string> {
  const { Id } = await engine.json<{ Id: string }>({
    method: "POST",
    path: "/commit",
    query: {
      container,
      repo: options.repo || undefined,
      tag: options.tag || undefined,
      author: options.author || undefined,
      comment: options.comment || undefined,
      pause: options.pause,
      changes: options.changes,
    },
    json: null,
  });
  return Id;
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  if (response.body === null) throw fail("internal", "the engine sent nothing");
  return response.body;
}

function statOf(response: Response): ContainerPathStat {
  const text = response.headers.get(statHeader);
  if (text === null) throw fail("internal", "the engine did not say what is at the path");
  return JSON.parse(Buffer.from(text, "base64").toString("utf8")) as ContainerPathStat;
}
