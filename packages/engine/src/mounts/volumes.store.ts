import type { Database, Migration } from "@berth/store";

const volumeMigrations: readonly Migration[] = [
  {
    name: "volumes-001-first",
    sql: `CREATE TABLE volumes (
      name TEXT PRIMARY KEY,
      created_at TEXT NOT NULL,
      anonymous INTEGER NOT NULL,
      labels TEXT NOT NULL,
      options TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;`,
  },
];

/** One local volume. */
export interface VolumeRecord {
  readonly name: string;
  readonly createdAt: string;
  readonly anonymous: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
}

export interface VolumeStore {
  all(): VolumeRecord[];
  insert(volume: VolumeRecord): void;
  delete(name: string): void;
}

type VolumeRow = { name: string; created_at: string; anonymous: number; labels: string; options: string };

/** The volumes table of an open database. */
export function openVolumeStore(database: Database): VolumeStore {
  database.migrate(volumeMigrations);
  return {
    all: () =>
      database.all<VolumeRow>("SELECT name, created_at, anonymous, labels, options FROM volumes").map((row) => ({
        name: row.name,
        createdAt: row.created_at,
        anonymous: row.anonymous === 1,
        labels: JSON.parse(row.labels) as Record<string, string>,
        options: JSON.parse(row.options) as Record<string, string>,
      })),
    insert: (volume) => {
      database.run(
        "INSERT INTO volumes (name, created_at, anonymous, labels, options) VALUES (?, ?, ?, ?, ?)",
        volume.name,
        volume.createdAt,
        volume.anonymous ? 1 : 0,
        JSON.stringify(volume.labels),
        JSON.stringify(volume.options),
      );
    },
    delete: (name) => {
      database.run("DELETE FROM volumes WHERE name = ?", name);
    },
  };
}
