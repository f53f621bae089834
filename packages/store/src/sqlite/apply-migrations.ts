import { createHash } from "node:crypto";
import { fail } from "@berth/base";
import type { Database, Migration } from "../ports.ts";

const table = `CREATE TABLE IF NOT EXISTS schema_migrations (
  name TEXT PRIMARY KEY,
  checksum TEXT NOT NULL,
  applied_at_ms INTEGER NOT NULL
) STRICT`;

/** What {@link applyMigrations} works on. */
export interface MigrationTarget {
  readonly database: Database;
  /** Runs several statements at once. */
  readonly execute: (sql: string) => void;
  readonly path: string;
  readonly migrations: readonly Migration[];
}

/**
 * Applies the missing migrations of one room in their order, each with its record in one transaction.
 * @throws BerthError conflict when a newer version has already changed the room's tables, or when a migration that was
 *   applied has another text now; nothing is changed then
 */
export function applyMigrations({ database, execute, path, migrations }: MigrationTarget): void {
  execute(table);
  const applied = new Map(
    database.all<{ name: string; checksum: string }>("SELECT name, checksum FROM schema_migrations").map((row) => [row.name, row.checksum]),
  );
  refuseUnknown(path, migrations, [...applied.keys()]);
  for (const { name, sql } of migrations) {
    const before = applied.get(name);
    if (before !== undefined && before !== checksumOf(sql))
      throw fail("conflict", `${path}: migration ${name} was applied with another text. This build does not fit this database.`);
  }
  for (const { name, sql } of migrations) {
    if (applied.has(name)) continue;
    database.transaction(() => {
      execute(sql);
      database.run("INSERT INTO schema_migrations (name, checksum, applied_at_ms) VALUES (?, ?, ?)", name, checksumOf(sql), Date.now());
    });
  }
}

function refuseUnknown(path: string, migrations: readonly Migration[], applied: readonly string[]): void {
  const known = new Set<string>();
  const rooms = new Set<string>();
  for (const { name } of migrations) {
    if (!/^[a-z]+(-[a-z]+)*-\d{3}-[a-z0-9-]+$/.test(name) || known.has(name))
      throw fail("internal", `Migration name ${name} is not of the form room-001-what, or is used twice.`);
    known.add(name);
    rooms.add(roomOf(name));
  }
  const newer = applied.find((name) => rooms.has(roomOf(name)) && !known.has(name));
  if (newer !== undefined)
    throw fail(
      "conflict",
      `${path} was changed by a newer version of Berth (${newer}). Start that version, or restore a backup made before.`,
    );
}

/** `containers` of `containers-001-first`. */
function roomOf(name: string): string {
  return name.replace(/-\d{3}-.*$/, "");
}

/** Spaces do not count: formatting a file must not lock anybody out. */
function checksumOf(sql: string): string {
  return createHash("sha256").update(sql.replace(/\s+/g, " ").trim()).digest("hex");
}
