import { messageOf } from "@berth/base";
import { joinTarget } from "../containers/create/joins.ts";
import { readExtensions } from "../containers/extensions.ts";
import type { ContainerRecord } from "../containers/record.ts";
import { startAgain } from "../containers/restarts/plan.ts";
import { startsAtBoot } from "../containers/restarts/policy.ts";
import type { Core } from "../core.ts";

/**
 * Starts again what its restart policy wants to run, after recovery and in the background: a container after those that it
 * requires or whose namespaces it joins, others side by side. What does not start is tried again as its policy says.
 */
export async function restartAfterBoot(core: Core): Promise<void> {
  // Oldest first: what joins another's namespaces was made after it.
  const again = core.records.all().filter(startsAtBoot).reverse();
  for (const record of again) {
    // From here on a daemon that is killed knows that it has to start.
    if (record.life.status === "exited")
      await core.steps.run("restart.plan", () => core.records.update(record.id, { life: { status: "restarting" } }));
  }
  const begun = new Map<string, Promise<void>>();
  for (const record of inOrder(core, again)) {
    const first = before(core, record).map((id) => begun.get(id) ?? Promise.resolve());
    const start = Promise.all(first).then(() => startAgain(core, record.id));
    begun.set(
      record.id,
      start.catch((error: unknown) => core.log.warn("container did not start again", { id: record.id, error: messageOf(error) })),
    );
  }
  await Promise.all(begun.values());
}

/** Each container after those it needs; a circle is broken somewhere, and refused when it is started. */
function inOrder(core: Core, records: readonly ContainerRecord[]): ContainerRecord[] {
  const waiting = new Map(records.map((record) => [record.id, record]));
  const ordered: ContainerRecord[] = [];
  const visit = (record: ContainerRecord): void => {
    if (!waiting.delete(record.id)) return;
    for (const id of before(core, record)) {
      const other = waiting.get(id);
      if (other !== undefined) visit(other);
    }
    ordered.push(record);
  };
  for (const record of records) visit(record);
  return ordered;
}

/** Ids of the containers that have to run before one. */
function before(core: Core, record: ContainerRecord): string[] {
  const { NetworkMode, PidMode, IpcMode, Annotations } = record.hostConfig;
  const joined = [NetworkMode, PidMode, IpcMode].map(joinTarget).filter((target) => target !== null);
  const required = readExtensions(Annotations).requires.map(({ container }) => container);
  return [...joined, ...required].flatMap((reference) => {
    try {
      return [core.records.lookup(reference).id];
    } catch {
      // Missing: its start says so.
      return [];
    }
  });
}
