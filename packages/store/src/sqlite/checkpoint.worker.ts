import { Database as Sqlite } from "bun:sqlite";

declare const self: Worker;

/** What the Worker is asked. */
export type CheckpointRequest = { readonly kind: "checkpoint"; readonly path: string } | { readonly kind: "ping" };
/** What it answers; `error` is null when all went well. */
export type CheckpointReply = { readonly kind: "done"; readonly error: string | null } | { readonly kind: "pong" };

self.onmessage = (event: MessageEvent<CheckpointRequest>): void => {
  const request = event.data;
  const reply: CheckpointReply = request.kind === "ping" ? { kind: "pong" } : { kind: "done", error: checkpoint(request.path) };
  self.postMessage(reply);
};

/** The log starts over only when all of it was copied; each round has less to do, as fewer changes came meanwhile. */
const rounds = 5;

/** Copies the log into the database, as far as nobody reads it; never waits for a lock and never makes a file. */
function checkpoint(path: string): string | null {
  try {
    const sqlite = new Sqlite(path, { readwrite: true, create: false });
    try {
      sqlite.run("PRAGMA wal_autocheckpoint = 0");
      sqlite.run("PRAGMA synchronous = NORMAL");
      for (let round = 0; round < rounds; round++) {
        const { log, checkpointed } = sqlite.query("PRAGMA wal_checkpoint(PASSIVE)").get() as { log: number; checkpointed: number };
        if (log === checkpointed) break;
      }
      return null;
    } finally {
      sqlite.close();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
