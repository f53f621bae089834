import { kindOf } from "@berth/base";
import { applyChanges } from "@berth/images";
import type { ContainerConfig } from "@berth/spec";
import { emitContainerEvent } from "../containers/events.ts";
import { pauseContainer, unpauseLocked } from "../containers/pause.ts";
import type { Core } from "../core.ts";
import { layersOf } from "./changes.ts";
import { mergeCommitConfig } from "./merge-config.ts";
import { openView } from "./open-view.ts";
import type { CommitRequest } from "./ports.ts";

/** Makes an image of a container: what it changed becomes one more layer on its image's. */
export async function commitContainer(core: Core, reference: string, request: CommitRequest): Promise<string> {
  const { id, config, imageId } = core.records.lookup(reference);
  const changed = applyChanges(request.config ?? config, request.changes).config;
  // One after the other: the end of one commit would let the container go on under another's hands.
  return core.locks.run(`commit ${id}`, async () => {
    // What is not read to its end must not be made for ever.
    const stop = new AbortController();
    const frozen = request.pause && (await freeze(core, id));
    try {
      // Closed before the container goes on: its removal waits for that with the lock in its hand.
      await using view = await openView(core, id, "layers");
      const signal = AbortSignal.any([view.signal, request.signal, stop.signal]);
      const made = await core.images.commit({
        parentId: imageId,
        archive: core.files.read({ type: "pack-changes", layers: layersOf(core, core.records.need(id)) }, signal).pieces,
        config: mergeCommitConfig(changed as Partial<ContainerConfig>, config),
        container: { id, config },
        author: request.author,
        comment: request.comment,
        repository: request.repository,
        tag: request.tag,
        signal,
      });
      const now = core.records.get(id);
      const told = { comment: request.comment, imageID: made.id, imageRef: made.name };
      if (now !== null) emitContainerEvent(core, now, "commit", told);
      return made.id;
    } finally {
      stop.abort();
      if (frozen) await thaw(core, id);
    }
  });
}

/**
 * Pauses a running container. Its row says first that it is for a commit: if the daemon dies meanwhile, the next one lets the
 * container go on. One that does not run, or is paused already, is left as it is.
 */
async function freeze(core: Core, id: string): Promise<boolean> {
  const wanted = await core.locks.run(id, () => {
    const running = core.records.get(id)?.life.status === "running";
    if (running) core.records.update(id, { heldByCommit: true });
    return running;
  });
  if (!wanted) return false;
  try {
    await core.steps.run("commit.pause", () => pauseContainer(core, id));
    return true;
  } catch (error) {
    await core.locks.run(id, () => {
      if (core.records.get(id)?.heldByCommit === true) core.records.update(id, { heldByCommit: false });
    });
    // It has ended meanwhile: there is nothing to freeze.
    if (kindOf(error) === "conflict" || kindOf(error) === "not-found") return false;
    throw error;
  }
}

/** Lets a container go on, unless somebody else has done so, or ended it: what it is then is not the commit's business. */
async function thaw(core: Core, id: string): Promise<void> {
  await core.locks.run(id, async () => {
    if (core.records.get(id)?.heldByCommit !== true) return;
    try {
      await core.steps.run("commit.unpause", () => unpauseLocked(core, id));
    } catch (error) {
      core.log.error("a container was not let go on after its commit", { id, error });
    }
  });
}
