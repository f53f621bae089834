import { deferred, fail } from "@berth/base";
import { AT_FDCWD, type Fd, isErrno, MNT_DETACH, O_DIRECTORY, O_PATH, O_RDONLY } from "@berth/linux";
import { emitVolumeEvents } from "../containers/events.ts";
import { type ContainerRecord, isRunning, processOf } from "../containers/record.ts";
import { ensureBindSources } from "../containers/start/bind-sources.ts";
import { prepareRootfs } from "../containers/start/prepare-rootfs.ts";
import { type Core, containerFolder } from "../core.ts";
import { copyUpVolumes } from "../mounts/copy-up.ts";
import { mountTree } from "./mount-tree.ts";
import type { FilesView } from "./views.ts";

/** What a view shows: all that the container sees, its root file system without anything mounted on it, or its writable layer alone. */
type Shown = "container" | "root file system" | "layers";

/** Parts of a view that are given back in turn. */
type Undo = () => Promise<void> | void;

/**
 * Opens a look at a container's files. The container's lock is held only for that: a copy that takes long, or a client that
 * reads slowly, never keeps anybody from stopping, killing or starting the container. Removing it ends the copy.
 *
 * A running container is seen through its own mount namespace, which stays for the view even if the container ends; one that
 * does not run has its root file system mounted, with its volumes and binds, for as long as anybody looks.
 */
export async function openView(core: Core, id: string, shown: Shown): Promise<FilesView> {
  return core.locks.run(id, async () => {
    const record = core.records.need(id);
    const { status } = record.life;
    if (status === "removing" || status === "dead") throw fail("conflict", `container ${id} is being removed: its files cannot be reached`);
    const undo: Undo[] = [];
    const stop = new AbortController();
    const closed = deferred<void>();
    try {
      const root = shown === "container" && isRunning(record) ? openRunning(core, record, undo) : null;
      const view = root ?? (await openStopped(core, record, { shown, undo }));
      core.views.add(id, stop, closed.promise);
      if (shown === "container") {
        emitVolumeEvents(core, record, "mount");
        undo.unshift(() => emitVolumeEvents(core, record, "unmount"));
      }
      return { root: view, signal: stop.signal, [Symbol.asyncDispose]: () => close(core, id, { undo, closed: closed.resolve }) };
    } catch (error) {
      await undoAll(undo);
      await unmountIfLast(core, id);
      throw error;
    }
  });
}

/** The root of the container's first process; null when that has just ended. */
function openRunning(core: Core, record: ContainerRecord, undo: Undo[]): Fd | null {
  const process = processOf(record);
  if (process === null) return null;
  const opened: Fd[] = [];
  const open = (name: string, flags: number): Fd => {
    const fd = core.kernel.openat2(AT_FDCWD, `/proc/${process.pid}/${name}`, { flags, resolve: 0 });
    opened.push(fd);
    return fd;
  };
  try {
    // Held open, the namespace keeps its mounts when the last process goes.
    open("ns/mnt", O_RDONLY);
    const root = open("root", O_PATH | O_DIRECTORY);
    // Only now is it sure that the number was still the container's.
    if (core.runtime.alive(process.pid, BigInt(process.pidStartTime))) {
      undo.push(() => opened.forEach((fd) => core.kernel.close(fd)));
      return root;
    }
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ESRCH", "EACCES")) throw error;
  }
  for (const fd of opened) core.kernel.close(fd);
  return null;
}

async function openStopped(core: Core, record: ContainerRecord, options: { readonly shown: Shown; readonly undo: Undo[] }): Promise<Fd> {
  const { undo } = options;
  const rootfs = `${containerFolder(core, record.id)}/rootfs`;
  if (options.shown === "layers") return openFolder(core, `${containerFolder(core, record.id)}/files/upper`, undo);
  await mountRootfs(core, record);
  const bound = record.mounts.filter((mount) => mount.type !== "tmpfs");
  if (options.shown === "container" && (bound.length > 0 || record.hostConfig.ReadonlyRootfs)) {
    await ensureBindSources(record);
    await copyUpVolumes(core, record, rootfs);
    const tree = await mountTree(core, record, rootfs);
    undo.push(tree.unmount);
    undo.push(() => core.kernel.close(tree.root));
    return tree.root;
  }
  return openFolder(core, rootfs, undo);
}

function openFolder(core: Core, path: string, undo: Undo[]): Fd {
  const fd = core.kernel.openat2(AT_FDCWD, path, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
  undo.push(() => core.kernel.close(fd));
  return fd;
}

/** Mounts the root file system of a container that does not run, unless another view has. The caller holds the lock. */
async function mountRootfs(core: Core, record: ContainerRecord): Promise<void> {
  const { id } = record;
  if (isRunning(record) || core.views.isMounted(id)) return;
  const folder = containerFolder(core, id);
  await core.steps.run("files.mount", () =>
    core.blocking.mountOverlay({
      lower: core.images.layerDirectories(record.imageId),
      upper: `${folder}/files/upper`,
      work: `${folder}/files/work`,
      target: `${folder}/rootfs`,
      volatile: record.hostConfig.AutoRemove,
    }),
  );
  core.views.noteMounted(id);
  // What every container finds in its root, also before its first start.
  await core.steps.run("files.rootfs", () => prepareRootfs(core, record, `${folder}/rootfs`));
}

async function close(core: Core, id: string, parts: { readonly undo: Undo[]; readonly closed: () => void }): Promise<void> {
  await undoAll(parts.undo);
  parts.closed();
  // Whoever holds the lock may wait for this view: the rest is not waited for by anybody.
  core.locks
    .run(id, () => unmountIfLast(core, id))
    .catch((error: unknown) => core.log.error("a root file system stayed mounted", { id, error }));
}

async function undoAll(undo: Undo[]): Promise<void> {
  for (let part = undo.pop(); part !== undefined; part = undo.pop()) await part();
}

/** Unmounts what views had mounted when the last one is closed. The caller holds the lock. */
export async function unmountIfLast(core: Core, id: string): Promise<void> {
  if (!core.views.dropMount(id)) return;
  await core.steps.run("files.unmount", () => core.blocking.unmount(`${containerFolder(core, id)}/rootfs`, MNT_DETACH));
}
