import { join, posix } from "node:path";
import type { Readable } from "node:stream";
import { fail, kindOf, messageOf } from "@berth/base";
import { defaultTarLimits, type TarEntry, TarReader, type TarSink } from "@berth/spec";
import type { ImagesContext } from "../context.ts";
import { cleanEntryPath, quoteName } from "../unpack/entry-path.ts";
import { freeSpaceGuard } from "./free-space.ts";
import { plainStream } from "./plain-stream.ts";
import { type StagedFile, StagingFile } from "./staging-file.ts";

/** Links that are followed from one name of an archive; what the kernel allows. */
const mostLinks = 40;

/** An image archive's files, each under a name of our own in the staging folder. */
export class StagedArchive {
  readonly #files = new Map<string, StagedFile>();
  readonly #links = new Map<string, string>();

  addFile(path: string, file: StagedFile): void {
    this.#links.delete(path);
    this.#files.set(path, file);
  }

  addLink(path: string, target: string): void {
    this.#files.delete(path);
    this.#links.set(path, target);
  }

  /** A file by its path in the archive, through links; null when there is none. */
  find(path: string): StagedFile | null {
    let at = cleanEntryPath(path).path;
    for (let links = 0; links <= mostLinks; links++) {
      const file = this.#files.get(at);
      if (file !== undefined) return file;
      const target = this.#links.get(at);
      if (target === undefined) return null;
      at = target;
    }
    return null;
  }

  /** @throws invalid naming the missing file */
  get(path: string): StagedFile {
    const file = this.find(path);
    if (file === null) throw fail("invalid", `invalid archive: ${quoteName(path)} is missing`);
    return file;
  }
}

type Operation =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "end" };

/** Streams an image archive to files in `directory`, which must exist and be empty. Nothing of the archive becomes part of a path. */
export async function receiveArchive(
  context: Pick<ImagesContext, "kernel" | "limits">,
  source: Readable,
  options: { readonly directory: string; readonly signal?: AbortSignal | undefined },
): Promise<StagedArchive> {
  const archive = new StagedArchive();
  const queue: Operation[] = [];
  const reader = new TarReader(archiveSink(archive, queue), { ...defaultTarLimits, entries: context.limits.archiveEntries });
  const guard = freeSpaceGuard(context.kernel, options.directory, context.limits.layer.reserveBytes);
  let count = 0;
  let file: { readonly path: string; readonly staging: StagingFile } | null = null;
  try {
    const { bytes } = await plainStream(source);
    for await (const piece of bytes) {
      options.signal?.throwIfAborted();
      guard(piece.length);
      reader.push(piece);
      for (const operation of queue.splice(0)) {
        if (operation.kind === "file")
          file = { path: operation.path, staging: await StagingFile.create(join(options.directory, `f${count++}`)) };
        else if (operation.kind === "data") await file?.staging.write(operation.bytes);
        else if (file !== null) {
          archive.addFile(file.path, await file.staging.finish());
          file = null;
        }
      }
    }
    reader.finish();
    return archive;
  } catch (error) {
    throw fail(kindOf(error), `Error processing tar file: ${messageOf(error)}`, error);
  } finally {
    await file?.staging.abandon();
  }
}

/** Notes what has to be done; the reader does not wait. */
function archiveSink(archive: StagedArchive, queue: Operation[]): TarSink {
  let open = false;
  return {
    entry(entry) {
      const { path, parent } = cleanEntryPath(entry.name);
      open = entry.type === "file";
      if (open) queue.push({ kind: "file", path });
      else if (entry.type === "symlink") archive.addLink(path, linkTarget(entry, posix.join(parent, entry.linkName)));
      else if (entry.type === "link") archive.addLink(path, linkTarget(entry, entry.linkName));
      else if (entry.type !== "directory") throw fail("invalid", `invalid archive: ${quoteName(entry.name)} is no file`);
    },
    data(bytes) {
      queue.push({ kind: "data", bytes });
    },
    end() {
      if (open) queue.push({ kind: "end" });
      open = false;
    },
  };
}

function linkTarget(entry: TarEntry, target: string): string {
  if (entry.linkName.startsWith("/")) throw fail("invalid", `invalid symlink ${quoteName(entry.name)} -> ${quoteName(entry.linkName)}`);
  return cleanEntryPath(target).path;
}
