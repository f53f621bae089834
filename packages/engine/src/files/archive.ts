import { fail, kindOf, messageOf } from "@berth/base";
import { plainStream } from "@berth/images";
import { lookupUser } from "@berth/runtime";
import { Readable } from "node:stream";
import { emitContainerEvent } from "../containers/events.ts";
import type { ContainerRecord } from "../containers/record.ts";
import type { Core } from "../core.ts";
import type { ContainerFiles, PathStat } from "./ports.ts";
import type { FoundPath, Task, UnpackOwner } from "./messages.ts";
import { openView } from "./open-view.ts";
import { withCode } from "./pool.ts";
import type { FilesView } from "./views.ts";
import { refuseReadOnly } from "./writable.ts";

/** Entries and free bytes as for image layers: several times what anybody copies. */
const limits = { entries: 2_000_000, reserveBytes: 64 << 20 };

/** What is at a path of a container. Throws not-found, invalid. */
export async function statContainerPath(core: Core, reference: string, path: string): Promise<PathStat> {
  const { id } = core.records.lookup(reference);
  await using view = await openView(core, id, "container");
  return await statIn(core, view, { reference, path });
}

/** A path of a container as an archive; whoever reads it to the end or leaves early frees what it holds. */
export async function readContainerPath(
  core: Core,
  reference: string,
  options: Parameters<ContainerFiles["read"]>[1],
): ReturnType<ContainerFiles["read"]> {
  const record = core.records.lookup(reference);
  const { path } = options;
  const view = await openView(core, record.id, "container");
  try {
    const stat = await statIn(core, view, { reference, path });
    const task = { type: "pack", root: view.root, path, idShift: record.idShift } as const;
    const pieces = readView(core, view, { task, signal: options.signal });
    // What went away between the two looks is told by an answer, not by an archive that is cut.
    const first = await pieces.next().catch((error: unknown) => {
      throw inWords(error, { reference, path });
    });
    const now = core.records.get(record.id);
    if (now !== null) emitContainerEvent(core, now, "archive-path");
    return { stat, archive: after(first, pieces) };
  } catch (error) {
    await view[Symbol.asyncDispose]();
    throw error;
  }
}

/** Unpacks an archive into a folder of a container. */
export async function writeContainerPath(core: Core, reference: string, options: Parameters<ContainerFiles["write"]>[1]): Promise<void> {
  const record = core.records.lookup(reference);
  await using view = await openView(core, record.id, "container");
  const path = await folderIn(core, view, { reference, path: options.path });
  refuseReadOnly(record, path);
  const task = {
    type: "unpack",
    root: view.root,
    path,
    owner: ownerIn(core, record, { view, copyOwner: options.copyOwner }),
    impliedId: record.idShift,
    keepKinds: options.keepKinds,
    limits,
  } as const;
  // The body stays open when the archive is refused: the answer has to go out on the same connection.
  const body = Readable.from(options.archive.iterator({ destroyOnReturn: false }));
  body.on("error", () => undefined);
  await core.steps.run("files.unpack", () => core.files.write(task, unpacked(body), AbortSignal.any([view.signal, options.signal])));
  const now = core.records.get(record.id);
  if (now !== null) emitContainerEvent(core, now, "extract-to-dir");
}

async function statIn(core: Core, view: FilesView, asked: { readonly reference: string; readonly path: string }): Promise<PathStat> {
  try {
    return await core.files.ask<FoundPath>({ type: "stat", root: view.root, path: asked.path }, view.signal);
  } catch (error) {
    throw inWords(error, asked);
  }
}

async function folderIn(core: Core, view: FilesView, asked: { readonly reference: string; readonly path: string }): Promise<string> {
  try {
    return await core.files.ask<string>({ type: "resolve-folder", root: view.root, path: asked.path }, view.signal);
  } catch (error) {
    if (withCode(error, "ENOTDIR")) throw fail("invalid", "extraction point is not a directory", error);
    throw inWords(error, asked);
  }
}

/** Docker's words for a path that cannot be reached. */
function inWords(error: unknown, asked: { readonly reference: string; readonly path: string }): Error {
  if (withCode(error, "ENOENT")) return fail("not-found", `Could not find the file ${asked.path} in container ${asked.reference}`, error);
  if (withCode(error, "ENOTDIR")) return fail("invalid", `${asked.path} in container ${asked.reference}: not a directory`, error);
  if (withCode(error, "ELOOP"))
    return fail("invalid", `${asked.path} in container ${asked.reference}: too many levels of symbolic links`, error);
  if (withCode(error, "ENAMETOOLONG"))
    return fail("invalid", `${asked.path.slice(0, 200)}… in container ${asked.reference}: file name too long`, error);
  return error instanceof Error ? error : fail(kindOf(error), messageOf(error), error);
}

/** Whose the files will be: with `copyOwner` the user's that the container's programs run as, if it names one; else the archive's. */
function ownerIn(core: Core, record: ContainerRecord, options: { readonly view: FilesView; readonly copyOwner: boolean }): UnpackOwner {
  const { idShift } = record;
  const { view } = options;
  if (!options.copyOwner || record.config.User === "") return { kind: "archive", idShift };
  const { uid, gid } = lookupUser({ kernel: core.kernel, rootfs: `/proc/self/fd/${view.root}`, user: record.config.User, groups: [] });
  return { kind: "fixed", uid: uid + idShift, gid: gid + idShift };
}

/**
 * An archive that is made of a view, which is closed when the last piece was made or the container is removed: a client that
 * stops reading holds nobody up.
 */
export function readView(
  core: Core,
  view: FilesView,
  options: { readonly task: Task; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const { pieces, over } = core.files.read(options.task, AbortSignal.any([view.signal, options.signal]));
  over
    .then(() => view[Symbol.asyncDispose]())
    .catch((error: unknown) => core.log.error("a container's files could not be let go", { error }));
  return told(view, pieces);
}

/** Says why the pieces end when it is the view that ended. */
async function* told(view: FilesView, pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    view.signal.throwIfAborted();
    throw error;
  }
}

/** All pieces, the first of which was asked for already. */
async function* after(first: IteratorResult<Uint8Array, unknown>, pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* pieces;
  } finally {
    await pieces.return(undefined);
  }
}

/** An archive without its packing. */
async function* unpacked(body: Readable): AsyncGenerator<Uint8Array> {
  const { bytes } = await plainStream(body);
  yield* bytes;
}
