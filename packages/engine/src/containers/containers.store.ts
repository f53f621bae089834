import type { Database, Migration } from "@berth/store";
import type { ContainerRecord } from "./record.ts";

/** The schema of containers: columns for what is looked for, JSON for the rest. */
export const containerMigrations: readonly Migration[] = [
  {
    name: "containers-001-first",
    sql: `CREATE TABLE containers (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      image_id TEXT NOT NULL,
      status TEXT NOT NULL,
      intent TEXT NOT NULL,
      document TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX containers_by_image ON containers (image_id);`,
  },
];

/** What rows of older daemons do not have. */
const later: Pick<ContainerRecord, "backoffMs" | "health"> = { backoffMs: 0, health: null };

/** Rows of containers. One call is one transaction unless the caller has opened one. */
export interface ContainerStore {
  all(): ContainerRecord[];
  insert(record: ContainerRecord): void;
  update(record: ContainerRecord): void;
  delete(id: string): void;
}

/** The containers table of an open database. */
export function openContainerStore(database: Database): ContainerStore {
  database.migrate(containerMigrations);
  return {
    all: () =>
      database
        .all<{ document: string }>("SELECT document FROM containers")
        .map((row) => ({ ...later, ...(JSON.parse(row.document) as ContainerRecord) }))
        .map(ofToday),
    insert: (record) => {
      database.run(
        "INSERT INTO containers (id, name, image_id, status, intent, document) VALUES (?, ?, ?, ?, ?, ?)",
        record.id,
        record.name,
        record.imageId,
        record.life.status,
        record.intent,
        JSON.stringify(record),
      );
    },
    update: (record) => {
      database.run(
        "UPDATE containers SET name = ?, image_id = ?, status = ?, intent = ?, document = ? WHERE id = ?",
        record.name,
        record.imageId,
        record.life.status,
        record.intent,
        JSON.stringify(record),
        record.id,
      );
    },
    delete: (id) => {
      database.run("DELETE FROM containers WHERE id = ?", id);
    },
  };
}

/** A commit that an older daemon had begun stood where the intents of those are that hold the lock. */
function ofToday(record: ContainerRecord): ContainerRecord {
  return (record.intent as string) === "committing" ? { ...record, intent: "none", heldByCommit: true } : record;
}
