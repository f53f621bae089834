import { emitContainerEvent } from "../containers/events.ts";
import type { Core } from "../core.ts";
import { readView } from "./archive.ts";
import { openView } from "./open-view.ts";

/** The root file system of a container as an archive, without what is mounted into it. */
export async function exportContainer(
  core: Core,
  reference: string,
  options: { readonly signal: AbortSignal },
): Promise<AsyncGenerator<Uint8Array>> {
  const record = core.records.lookup(reference);
  const view = await openView(core, record.id, "root file system");
  const task = { type: "pack-root", root: view.root, idShift: record.idShift } as const;
  return told(core, record.id, readView(core, view, { task, signal: options.signal }));
}

/** Tells of the export when it was sent whole. */
async function* told(core: Core, id: string, pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
  const record = core.records.get(id);
  if (record !== null) emitContainerEvent(core, record, "export");
}
