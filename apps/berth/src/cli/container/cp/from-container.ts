import { lstat, readlink, stat } from "node:fs/promises";
import { posix } from "node:path";
import { readContainerPath, statContainerPath } from "@berth/client";
import { O_DIRECTORY, O_PATH, openKernel, TreeWriter } from "@berth/linux";
import { TarReader } from "@berth/spec";
import type { Context } from "../../command.ts";
import { behindLink, type End, keepEnding, planCopy, renamer, splitPath } from "./paths.ts";
import type { CopyProgress } from "./progress.ts";

/** Go's os.FileMode bits. */
const goFolder = 2 ** 31;
const goLink = 2 ** 27;
const mostLinks = 10;

/** What to copy out of a container, and where. */
export interface CopyOut {
  readonly container: string;
  readonly source: string;
  readonly target: string;
  readonly followLink: boolean;
  /** Files keep their owners; else they are whoever copies. */
  readonly keepOwner: boolean;
}

/** Copies from a container to this machine, or as an archive to standard output. */
export async function copyFromContainer(context: Context, copy: CopyOut, progress: CopyProgress): Promise<void> {
  const toOutput = copy.target === "-";
  if (toOutput && context.stdout.isTerminal) throw new Error("an archive is nothing for a terminal: redirect the output, or name a target");
  const target = toOutput ? "-" : keepEnding(posix.resolve(copy.target), copy.target);
  if (!toOutput) await checkTarget(target);
  const link = copy.followLink ? await followed(context, copy) : { path: copy.source, name: "" };
  const { stat: found, archive } = await readContainerPath(context.engine, copy.container, link.path);
  if (toOutput) {
    for await (const bytes of archive) await context.stdout.write(bytes);
    return;
  }
  const isFolder = hasBit(found.mode, goFolder);
  const { base } = splitPath(posix.resolve("/", link.path) === "/" ? "/" : link.path);
  const end = await endAt(target);
  const plan = planCopy({ name: link.name === "" ? base : link.name, isFolder }, end);
  const first = link.name === "" ? (name: string): string => name : renamer(base, link.name);
  await unpack(progress.through(archive), { folder: plan.folder, rename: (name) => plan.rename(first(name)), keepOwner: copy.keepOwner });
  await progress.done(target);
}

async function followed(context: Context, copy: CopyOut): Promise<{ readonly path: string; readonly name: string }> {
  const found = await statContainerPath(context.engine, copy.container, copy.source);
  return hasBit(found.mode, goLink) ? behindLink(copy.source, found.linkTarget) : { path: copy.source, name: "" };
}

async function checkTarget(target: string): Promise<void> {
  const folder = posix.dirname(posix.resolve(target));
  const there = await stat(folder).catch(() => null);
  if (there === null) throw new Error(`invalid output path: directory ${JSON.stringify(folder)} does not exist`);
  const found = await stat(target).catch(() => null);
  if (found !== null && !found.isFile() && !found.isDirectory()) {
    const what = found.isBlockDevice() || found.isCharacterDevice() ? "a device" : "an irregular file";
    throw new Error(`invalid output path: ${JSON.stringify(target)} must be a directory or a regular file: got ${what}`);
  }
}

/** What is at a path of this machine, behind links; one that leads nowhere is where the copy goes. */
async function endAt(given: string): Promise<End> {
  let path = given;
  for (let links = 0; links <= mostLinks; links++) {
    const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
    if (found === null) return { path, exists: false, isFolder: false };
    if (!found.isSymbolicLink()) return { path, exists: true, isFolder: found.isDirectory() };
    const target = await readlink(path);
    path = posix.resolve(splitPath(path).folder, target);
  }
  throw new Error(`too many symlinks in ${given}`);
}

async function unpack(
  pieces: AsyncIterable<Uint8Array>,
  options: { readonly folder: string; readonly rename: (name: string) => string; readonly keepOwner: boolean },
): Promise<void> {
  const kernel = openKernel();
  // The folder is the root: no link that the container sends, or that lies there, leads out of it.
  const root = kernel.openat2(-100, options.folder, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
  try {
    const writer = new TreeWriter({
      kernel,
      root,
      path: "/",
      shown: options.folder,
      owner: options.keepOwner ? { kind: "archive", idShift: 0 } : { kind: "own" },
      impliedOwner: null,
      keepKinds: true,
      reserveBytes: 0,
      rename: options.rename,
    });
    try {
      const reader = new TarReader(writer);
      for await (const piece of pieces) reader.push(piece);
      reader.finish();
      writer.finish();
    } finally {
      writer.close();
    }
  } finally {
    kernel.close(root);
  }
}

/** JavaScript's bit operators end at 31 bits. */
function hasBit(mode: number, bit: number): boolean {
  return Math.floor(mode / bit) % 2 === 1;
}
