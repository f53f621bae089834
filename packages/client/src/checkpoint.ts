import type { CheckpointSummary } from "@berth/spec";
import type { Connection } from "./connection/connection.ts";
import { pathPart } from "./connection/connection.ts";

/** POST /containers/{id}/checkpoints. The container ends with it, or runs on. */
export function createCheckpoint(
  engine: Connection,
  container: string,
  options: { readonly checkpoint: string; readonly folder: string; readonly exit: boolean },
): Promise<void> {
  const json = { CheckpointID: options.checkpoint, CheckpointDir: options.folder, Exit: options.exit };
  return engine.done({ method: "POST", path: `/containers/${pathPart(container)}/checkpoints`, json });
}

/** GET /containers/{id}/checkpoints. */
export function listCheckpoints(engine: Connection, container: string, folder = ""): Promise<CheckpointSummary[]> {
  return engine.json({ method: "GET", path: `/containers/${pathPart(container)}/checkpoints`, query: { dir: folder || undefined } });
}

/** DELETE /containers/{id}/checkpoints/{checkpoint}. */
export function removeCheckpoint(engine: Connection, container: string, checkpoint: string, folder = ""): Promise<void> {
  return engine.done({
    method: "DELETE",
    path: `/containers/${pathPart(container)}/checkpoints/${pathPart(checkpoint)}`,
    query: { dir: folder || undefined },
  });
}
