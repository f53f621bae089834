import type { Core } from "../core.ts";
import { emitContainerEvent } from "./events.ts";
import { isRunning } from "./record.ts";
import { notRunning } from "./words.ts";

/** Sets the size of a container's terminal. Throws conflict when it does not run. */
export async function resizeContainer(
  core: Core,
  reference: string,
  size: { readonly rows: number; readonly columns: number },
): Promise<void> {
  const { id } = core.records.lookup(reference);
  await core.locks.run(id, () => {
    const record = core.records.need(id);
    if (!isRunning(record)) throw notRunning(id);
    core.runtime.resize(id, size.rows, size.columns);
    emitContainerEvent(core, record, "resize", { height: String(size.rows), width: String(size.columns) });
  });
}
