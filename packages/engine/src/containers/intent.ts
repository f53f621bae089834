import { fail } from "@berth/base";

/**
 * What was begun and has not ended: written before the first effect in the kernel and cleared after the last, so that
 * a daemon that starts again knows what to finish or undo. Whoever writes one holds the container's lock until it is cleared;
 * what outlives the lock (a commit, a change) has a field of its own in the record.
 */
export type Intent = "none" | "starting" | "updating" | "cleaning" | "removing" | "removing-with-volumes";

const removal: readonly Intent[] = ["removing", "removing-with-volumes"];

/**
 * What may stand in the place of an intent that was left behind because its operation could not be ended: only what does all
 * that the older one still asks for.
 */
const successors: Readonly<Record<Intent, ReadonlySet<Intent>>> = {
  none: new Set<Intent>(["none", "starting", "updating", "cleaning", ...removal]),
  // A start that begins anew gives back what is left of the last one.
  starting: new Set<Intent>(["none", "starting", ...removal]),
  // The limits of a container that has ended are those of its next start; an update after it sets all of them.
  updating: new Set<Intent>(["none", "updating", "cleaning", ...removal]),
  cleaning: new Set<Intent>(["none", "cleaning", "starting", ...removal]),
  removing: new Set<Intent>(["none", ...removal]),
  "removing-with-volumes": new Set<Intent>(["none", ...removal]),
};

/** Throws internal when an intent would make a daemon that starts again forget another one. */
export function refuseOverwrite(id: string, before: Intent, next: Intent): void {
  if (successors[before].has(next)) return;
  throw fail("internal", `container ${id}: "${next}" must not take the place of "${before}", which has not ended`);
}
