import { mkdirSync, readdirSync, rmdirSync } from "node:fs";
import path from "node:path";
import { type Blocking, MNT_DETACH } from "@berth/linux";
import type { Layout } from "../layout.ts";
import { removeFolder } from "../remove-folder.ts";

/** conmon's socket below it must fit into sun_path (unix(7)), 107 bytes, with `/conmon-term.XXXXXX`. */
const SOCKET_FOLDER_MAX_BYTES = 88;
const SHORT_ID = 12;

/**
 * Where conmon and the runtime put what they need for a moment while they start a container or an exec: killed then, they
 * leave it behind, and in `/tmp` nobody would ever remove it. crun binds itself on a file there, conmon makes a socket.
 */
export class Scratch {
  readonly folder: string;
  readonly #blocking: Pick<Blocking, "unmount">;

  constructor(options: { readonly layout: Layout; readonly id: string; readonly blocking: Pick<Blocking, "unmount"> }) {
    this.folder = path.join(options.layout.scratch, options.id.slice(0, SHORT_ID));
    this.#blocking = options.blocking;
  }

  /** Makes the folder. @returns the variables that lead conmon and the runtimes there */
  make(): Readonly<Record<string, string>> {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const socket = Buffer.byteLength(this.folder) <= SOCKET_FOLDER_MAX_BYTES ? { TMPDIR: this.folder } : {};
    return { _LIBCONTAINER_STATEDIR: this.folder, ...socket };
  }

  /** Removes it with what was left in it; a missing one is no error. */
  async remove(): Promise<void> {
    try {
      rmdirSync(this.folder);
    } catch {
      // Something was left in it, or it is gone.
      await removeScratch(this.folder, this.#blocking);
    }
  }
}

/** Removes what a killed daemon's starts have left. Nothing may be starting. */
export async function sweepScratch(layout: Layout, blocking: Pick<Blocking, "unmount">): Promise<void> {
  for (const name of readdirSync(layout.scratch)) await removeScratch(path.join(layout.scratch, name), blocking);
}

async function removeScratch(folder: string, blocking: Pick<Blocking, "unmount">): Promise<void> {
  try {
    await removeFolder(folder);
  } catch {
    // A runtime that was killed between its mount and its unmount.
    for (const name of readdirSync(folder)) await blocking.unmount(path.join(folder, name), MNT_DETACH);
    await removeFolder(folder);
  }
}
