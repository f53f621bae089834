import { setImmediate } from "node:timers/promises";
import { fail } from "@berth/base";
import {
  type Kernel,
  layerChanges,
  type LayerStack,
  linkTarget,
  locate,
  namedPath,
  O_DIRECTORY,
  O_PATH,
  packChanges,
  packTree,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  S_IFLNK,
  S_IFMT,
  TreeWriter,
} from "@berth/linux";
import { defaultTarLimits, TarReader } from "@berth/spec";
import type { FoundPath, LayerPaths, PathChange, Task } from "./messages.ts";

const packetBytes = 1 << 20;
/** Changes that are listed before others have their turn. */
const changesPerTurn = 2000;
/** More would be an answer of gigabytes. */
const mostChanges = 5_000_000;

/** How a job talks to whoever asked for it. */
export interface JobLink {
  /** Sends a piece that nobody here keeps; waits while enough are under way. */
  send(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** The next piece that came in; null after the last. */
  next(): Promise<Uint8Array | null>;
  cancelled(): boolean;
}

/** Does one task. Its value goes back to whoever asked. */
export async function runJob(kernel: Kernel, task: Task, link: JobLink): Promise<unknown> {
  switch (task.type) {
    case "stat":
      return statPath(kernel, task);
    case "resolve-folder":
      return resolveFolder(kernel, task);
    case "pack":
      return pack(kernel, task, link);
    case "pack-root":
      return sendAll(packTree({ kernel, parent: task.root, name: ".", as: "", idShift: task.idShift, oneMount: true }), link);
    case "changes":
      return listChanges(stackOf(kernel, task.layers), link);
    case "pack-changes":
      return sendAll(packChanges(stackOf(kernel, task.layers)), link);
    case "unpack":
      return unpack(kernel, task, link);
  }
}

function stackOf(kernel: Kernel, layers: LayerPaths): LayerStack {
  return { kernel, ...layers, made: new Set(layers.made) };
}

function statPath(kernel: Kernel, task: Extract<Task, { type: "stat" }>): FoundPath {
  const named = namedPath(task.path);
  const found = locate(kernel, task.root, named);
  kernel.close(found.parent);
  const { mode, sizeBytes, mtimeNs } = found.stat;
  const link = (mode & S_IFMT) === S_IFLNK ? linkTarget(kernel, task.root, named.path) : "";
  return { name: named.base, size: sizeBytes, mode, mtimeNs, linkTarget: link };
}

/** A folder's path inside the root without links. */
function resolveFolder(kernel: Kernel, task: Extract<Task, { type: "resolve-folder" }>): string {
  const { path } = namedPath(task.path);
  kernel.close(kernel.openat2(task.root, path, { flags: O_PATH | O_DIRECTORY, resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS }));
  return linkTarget(kernel, task.root, path);
}

async function pack(kernel: Kernel, task: Extract<Task, { type: "pack" }>, link: JobLink): Promise<void> {
  const named = namedPath(task.path);
  const { parent, name } = locate(kernel, task.root, named);
  try {
    await sendAll(packTree({ kernel, parent, name, as: named.base, idShift: task.idShift, oneMount: false }), link);
  } finally {
    kernel.close(parent);
  }
}

/** Joins the small pieces of an archive into large ones. */
async function sendAll(pieces: Generator<Uint8Array>, link: JobLink): Promise<void> {
  let packet = new Uint8Array(packetBytes);
  let filled = 0;
  const flush = async (): Promise<void> => {
    const full = packet.subarray(0, filled);
    packet = new Uint8Array(packetBytes);
    filled = 0;
    await link.send(full);
    // A cancellation may wait in the queue.
    await setImmediate();
    if (link.cancelled()) throw fail("cancelled", "the copy was cancelled");
  };
  // `for of` closes the generator, and with it its descriptors, whatever happens.
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const take = Math.min(packetBytes - filled, piece.length - at);
      packet.set(piece.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled === packetBytes) await flush();
    }
  }
  if (filled > 0) await flush();
}

async function listChanges(stack: LayerStack, link: JobLink): Promise<PathChange[]> {
  const found: PathChange[] = [];
  for (const { path, kind } of layerChanges(stack)) {
    found.push({ Path: path, Kind: kind });
    if (found.length > mostChanges) throw fail("exhausted", `more than ${mostChanges} files have changed`);
    if (found.length % changesPerTurn !== 0) continue;
    await setImmediate();
    if (link.cancelled()) throw fail("cancelled", "the listing was cancelled");
  }
  return found;
}

async function unpack(kernel: Kernel, task: Extract<Task, { type: "unpack" }>, link: JobLink): Promise<void> {
  const { root, path, owner, keepKinds, limits, impliedId } = task;
  const writer = new TreeWriter({
    kernel,
    root,
    path,
    owner,
    keepKinds,
    reserveBytes: limits.reserveBytes,
    impliedOwner: { uid: impliedId, gid: impliedId },
  });
  try {
    const reader = new TarReader(writer, { ...defaultTarLimits, entries: limits.entries });
    for (let piece = await link.next(); piece !== null; piece = await link.next()) {
      if (link.cancelled()) throw fail("cancelled", "the copy was cancelled");
      reader.push(piece);
    }
    reader.finish();
    writer.finish();
  } finally {
    writer.close();
  }
}
