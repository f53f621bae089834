import { fail, kindOf } from "@berth/base";
import type { Core } from "../core.ts";
import type { Containers } from "../ports.ts";
import { matchesLabels } from "./list/label-match.ts";
import type { ContainerRecord } from "./record.ts";
import { removeContainer } from "./remove.ts";
import { sizesOf } from "./size.ts";
import { timeMs } from "./time.ts";

type PruneOptions = Parameters<Containers["prune"]>[0];
type Pruned = Awaited<ReturnType<Containers["prune"]>>;

/**
 * Removes the containers that do not run and fit. One that is started or removed meanwhile is passed over; what could not be
 * removed for another reason is told in the log. Throws conflict while another prune goes on.
 */
export async function pruneContainers(core: Core, options: PruneOptions): Promise<Pruned> {
  if (core.prunes.has("containers")) throw fail("conflict", "a prune operation is already running");
  core.prunes.add("containers");
  try {
    const removed: string[] = [];
    let reclaimedBytes = 0;
    for (const record of core.records.all()) {
      if (options.signal.aborted) break;
      if (!fits(record, options)) continue;
      const bytes = await removeOne(core, record);
      if (bytes === null) continue;
      removed.push(record.id);
      reclaimedBytes += bytes;
    }
    core.bus.emit({ type: "container", action: "prune", id: "", attributes: { reclaimed: String(reclaimedBytes) } });
    return { removed, reclaimedBytes };
  } finally {
    core.prunes.delete("containers");
  }
}

function fits(record: ContainerRecord, options: PruneOptions): boolean {
  const { status } = record.life;
  if (status !== "created" && status !== "exited" && status !== "dead") return false;
  if (options.untilNs !== null && BigInt(Math.floor(timeMs(record.createdAt))) * 1_000_000n > options.untilNs) return false;
  const labels = record.config.Labels;
  const { label = [], "label!": without = [] } = options.filters;
  return matchesLabels(label, labels) && (without.length === 0 || !matchesLabels(without, labels));
}

/** Bytes that went with it; null when it is there still, or somebody else removed it. */
async function removeOne(core: Core, record: ContainerRecord): Promise<number | null> {
  try {
    const { SizeRw: bytes } = await sizesOf(core, record);
    await removeContainer(core, record.id, { force: false, volumes: false, link: false });
    return bytes;
  } catch (error) {
    const kind = kindOf(error);
    if (kind !== "conflict" && kind !== "not-found") core.log.warn("a container was not pruned", { id: record.id, error });
    return null;
  }
}
