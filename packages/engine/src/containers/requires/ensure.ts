import { type BerthError, fail, messageOf } from "@berth/base";
import type { Core } from "../../core.ts";
import { readExtensions, type Requirement } from "../extensions.ts";
import { type ContainerRecord, isRunning } from "../record.ts";
import { startLocked } from "../start.ts";

const healthPollMs = 100;

interface Asked {
  /** A person asked for the start: what was stopped by hand is started too, and counts as started by that person. */
  readonly byUser: boolean;
}

/**
 * Starts what a container requires, and what that requires, in order, and waits for those that must be healthy. Holds no
 * lock while it waits. Throws conflict with the container's name and what is wrong with what it requires.
 */
export async function ensureRequired(core: Core, id: string, asked: Asked): Promise<void> {
  await ensure(core, id, { ...asked, path: [id] });
}

async function ensure(core: Core, id: string, asked: Asked & { readonly path: readonly string[] }): Promise<void> {
  const record = core.records.get(id);
  if (record === null) return;
  for (const requirement of readExtensions(record.hostConfig.Annotations).requires) {
    const other = lookup(core, record, requirement);
    if (asked.path.includes(other.id)) throw refused(record, `requires container ${other.name}, which requires it in turn`);
    if (!isRunning(other)) await startRequired(core, { record, other, ...asked });
    if (requirement.condition === "healthy") await untilHealthy(core, record, other.id);
  }
}

function lookup(core: Core, record: ContainerRecord, { container }: Requirement): ContainerRecord {
  try {
    return core.records.lookup(container);
  } catch (error) {
    throw refused(record, `requires container ${container}, which does not exist`, error);
  }
}

async function startRequired(
  core: Core,
  parts: Asked & { readonly record: ContainerRecord; readonly other: ContainerRecord; readonly path: readonly string[] },
): Promise<void> {
  const { record, other, byUser } = parts;
  const { id, name } = other;
  if (!byUser && other.stoppedByUser) throw refused(record, `requires container ${name}, which was stopped`);
  try {
    await ensure(core, id, { byUser, path: [...parts.path, id] });
    await core.locks.run(id, async () => {
      const now = core.records.need(id);
      if (isRunning(now)) return;
      core.restarts.cancel(id);
      const fresh = byUser ? core.records.update(id, { restartCount: 0, stoppedByUser: false, backoffMs: 0 }) : now;
      await startLocked(core, fresh, { byPolicy: false });
    });
  } catch (error) {
    throw refused(record, `requires container ${name}, which does not start: ${messageOf(error)}`, error);
  }
}

async function untilHealthy(core: Core, record: ContainerRecord, id: string): Promise<void> {
  for (;;) {
    const other = core.records.get(id);
    const wrong = other === null ? "was removed" : whyNeverHealthy(other);
    if (wrong !== null) throw refused(record, `requires container ${other?.name ?? id} to be healthy, but it ${wrong}`);
    if (other?.health?.status === "healthy") return;
    if (core.restarts.closed) throw fail("unavailable", "the daemon is shutting down");
    if (core.records.get(record.id) === null) throw fail("not-found", `No such container: ${record.id}`);
    await new Promise<void>((resolve) => void core.clock.after(healthPollMs, resolve));
  }
}

function whyNeverHealthy(other: ContainerRecord): string | null {
  if (other.life.status === "paused") return "is paused";
  if (!isRunning(other)) return `is not running (exit code ${other.exitCode})`;
  if (other.health === null) return "has no health check";
  return other.health.status === "unhealthy" ? "is unhealthy" : null;
}

function refused(record: ContainerRecord, why: string, cause?: unknown): BerthError {
  return fail("conflict", `cannot start container ${record.name}: it ${why}`, cause);
}
