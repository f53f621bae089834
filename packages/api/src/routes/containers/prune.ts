import { fail } from "@berth/base";
import { type CallHandler, sendJson } from "../../call/call.ts";
import { parsePruneUntil } from "../../time/prune-until.ts";

const known: ReadonlySet<string> = new Set(["label", "label!", "until"]);

/** POST /containers/prune. A client that leaves ends it between two containers. */
export const pruneContainers: CallHandler = async ({ engine, clock }, call) => {
  const filters = call.query.filters();
  for (const key of Object.keys(filters)) if (!known.has(key)) throw fail("invalid", `Invalid filter '${key}'`);
  const untilNs = parsePruneUntil(filters["until"] ?? [], clock.nowNs());
  const { removed, reclaimedBytes } = await engine.containers.prune({ filters, untilNs, signal: call.request.signal });
  sendJson(call, 200, { ContainersDeleted: removed.length === 0 ? null : removed, SpaceReclaimed: reclaimedBytes });
};
