import { lstat, realpath } from "node:fs/promises";
import { posix } from "node:path";
import { statContainerPath, writeContainerPath } from "@berth/client";
import { type Fd, type Kernel, O_DIRECTORY, O_PATH, openKernel, packTree } from "@berth/linux";
import type { Context } from "../../command.ts";
import { behindLink, type End, keepEnding, planCopy, splitPath } from "./paths.ts";
import type { CopyProgress } from "./progress.ts";

/** Go's os.FileMode bits. */
const goFolder = 2 ** 31;
const goLink = 2 ** 27;
const goDevice = 2 ** 26;
const goIrregular = 2 ** 19;
const packetBytes = 1 << 20;

/** What to copy into a container, and where. */
export interface CopyIn {
  readonly container: string;
  readonly source: string;
  readonly target: string;
  readonly followLink: boolean;
  readonly copyOwner: boolean;
}

/** Copies from this machine, or an archive from standard input, into a container. */
export async function copyToContainer(context: Context, copy: CopyIn, progress: CopyProgress): Promise<void> {
  const { container, copyOwner } = copy;
  const end = await endIn(context, copy);
  if (copy.source === "-") {
    if (!end.isFolder) throw new Error(`destination "${container}:${copy.target}" must be a directory`);
    if (process.stdin.isTTY === true) throw new Error("cannot copy from a terminal: pipe a tar archive in");
    await writeContainerPath(context.engine, container, { path: end.path, archive: Bun.stdin.stream(), copyOwner });
    return;
  }
  const source = await sourceAt(copy.source, copy.followLink);
  const { folder, base } = splitPath(source.path);
  const name = source.name === "" ? base : source.name;
  const plan = planCopy({ name, isFolder: source.isFolder }, end);
  const kernel = openKernel();
  const parent = kernel.openat2(-100, folder, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
  try {
    const pieces = packTree({ kernel, parent, name: base, as: plan.rename(name), idShift: 0, oneMount: false });
    const archive = streamOf(progress.through(packets(pieces)));
    await writeContainerPath(context.engine, container, { path: plan.folder, archive, copyOwner });
  } finally {
    closeQuietly(kernel, parent);
  }
  await progress.done(`${container}:${copy.target}`);
}

/** What is at the target in the container; behind a link. What cannot be looked at is left to the engine to refuse. */
async function endIn(context: Context, copy: CopyIn): Promise<End> {
  let path = copy.target;
  try {
    let found = await statContainerPath(context.engine, copy.container, path);
    if (hasBit(found.mode, goLink)) {
      path = found.linkTarget;
      found = await statContainerPath(context.engine, copy.container, path);
    }
    if (hasBit(found.mode, goDevice) || hasBit(found.mode, goIrregular)) {
      const what = hasBit(found.mode, goDevice) ? "a device" : "an irregular file";
      throw new WrongTarget(`destination "${copy.container}:${copy.target}" must be a directory or a regular file: got ${what}`);
    }
    return { path, exists: true, isFolder: hasBit(found.mode, goFolder) };
  } catch (error) {
    if (error instanceof WrongTarget) throw error;
    return { path, exists: false, isFolder: false };
  }
}

class WrongTarget extends Error {}

/** The source with links on the way resolved; the last one only when asked for. */
async function sourceAt(
  given: string,
  followLink: boolean,
): Promise<{ readonly path: string; readonly name: string; readonly isFolder: boolean }> {
  const path = keepEnding(posix.resolve(given), given);
  // Tells also of a file whose path says that it is a folder.
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `lstat ${path}: ${error.code === "ENOENT" ? "no such file or directory" : error.code === "ENOTDIR" ? "not a directory" : error.message}`,
    );
  });
  if (followLink) {
    const behind = behindLink(path, await realpath(path));
    return { ...behind, isFolder: (await lstat(behind.path)).isDirectory() };
  }
  const { folder, base } = splitPath(path);
  if (path.endsWith("/") && base !== "/") {
    // A link with a slash behind it means the folder it leads to, under the link's name.
    const real = await realpath(path);
    return { path: real, name: base, isFolder: found.isDirectory() };
  }
  const parent = await realpath(folder);
  return { path: base === "/" ? "/." : `${parent.replace(/\/$/, "")}/${base}`, name: "", isFolder: found.isDirectory() };
}

/** Joins the small pieces of an archive into large ones that nobody else keeps. */
function* packets(pieces: Generator<Uint8Array>): Generator<Uint8Array> {
  let packet = new Uint8Array(packetBytes);
  let filled = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const take = Math.min(packetBytes - filled, piece.length - at);
      packet.set(piece.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled < packetBytes) continue;
      yield packet;
      packet = new Uint8Array(packetBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield packet.subarray(0, filled);
}

function streamOf(pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await pieces.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}

function closeQuietly(kernel: Kernel, fd: Fd): void {
  kernel.close(fd);
}

/** JavaScript's bit operators end at 31 bits. */
function hasBit(mode: number, bit: number): boolean {
  return Math.floor(mode / bit) % 2 === 1;
}
