import { Database as Sqlite, type Statement } from "bun:sqlite";
import { closeSync, openSync } from "node:fs";
import { fail, kindOf } from "@berth/base";
import type { Database, SqlRow, SqlValue } from "../ports.ts";
import { applyMigrations } from "./apply-migrations.ts";
import { createCheckpointer } from "./checkpointer.ts";
import { openReserve } from "./reserve.ts";
import { translate } from "./translate.ts";

/** Marks a file as ours (`file berth.db` shows it): "BERT". */
const applicationId = 0x42455254;
const busyTimeoutMs = 5000;
const cachePages = 500;

/** Settings of {@link openDatabase}. */
export interface DatabaseOptions {
  /** Size of the write-ahead log from which on a Worker copies it into the database. */
  readonly logBytes?: number;
}

/**
 * Opens a database file, made with mode 0600 when missing: it holds environments of containers. WAL with synchronous
 * NORMAL: nothing acknowledged is lost when the process dies; a power cut may take the last changes, never the file.
 * @throws BerthError forbidden (read-only place), exhausted (full disk), invalid (no database, not Berth's, or damaged),
 *   unavailable (locked by another process); each names the file
 */
export function openDatabase(path: string, { logBytes = 4 << 20 }: DatabaseOptions = {}): Database {
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw translate(error, path);
    }
  };
  const sqlite = guard(() => openFile(path));
  const statements = new Map<string, Statement>();
  const checkpointer = createCheckpointer({
    path,
    logBytes,
    checkpointNow: () => guard(() => sqlite.run("PRAGMA wal_checkpoint(TRUNCATE)")),
    onFailure: () => guard(() => sqlite.run("PRAGMA wal_autocheckpoint = 1000")),
  });
  const reserve = openReserve(`${path}-reserve`);
  let depth = 0;

  /** Does a change again with the room of the reserve when the disk is full. */
  function insist<T>(change: () => T): T {
    if (depth > 0) return change();
    try {
      return change();
    } catch (error) {
      if (kindOf(error) !== "exhausted" || !reserve.give()) throw error;
      return change();
    }
  }

  function prepared(sql: string): Statement {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = sqlite.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  }

  function attempt<T>(body: () => T): T {
    const [begin, commit, undo] =
      depth === 0
        ? ["BEGIN IMMEDIATE", "COMMIT", ["ROLLBACK"]]
        : [`SAVEPOINT s${depth}`, `RELEASE s${depth}`, [`ROLLBACK TO s${depth}`, `RELEASE s${depth}`]];
    guard(() => prepared(begin).run());
    depth++;
    try {
      const result = body();
      if (result instanceof Promise) {
        result.catch(() => undefined);
        throw fail("internal", "A transaction must not await: it would stay open over other changes.");
      }
      guard(() => prepared(commit).run());
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors (full disk, for one).
      if (sqlite.inTransaction) for (const sql of undo) guard(() => prepared(sql).run());
      throw error;
    } finally {
      depth--;
    }
  }

  const database: Database = {
    all: <Row extends SqlRow>(sql: string, ...params: readonly SqlValue[]) => guard(() => prepared(sql).all(...params) as Row[]),
    get: <Row extends SqlRow>(sql: string, ...params: readonly SqlValue[]) =>
      guard(() => (prepared(sql).get(...params) ?? null) as Row | null),
    run: (sql, ...params) => {
      const { changes } = insist(() => guard(() => prepared(sql).run(...params)));
      if (depth === 0) checkpointer.changed();
      return changes;
    },
    transaction: (body) => {
      const result = insist(() => attempt(body));
      if (depth === 0) checkpointer.changed();
      return result;
    },
    migrate: (migrations) => applyMigrations({ database, execute: (sql) => guard(() => sqlite.run(sql)), path, migrations }),
    close: () => {
      reserve.close();
      checkpointer.close();
      for (const statement of statements.values()) statement.finalize();
      statements.clear();
      guard(() => sqlite.close(true));
    },
  };
  return database;
}

function openFile(path: string): Sqlite {
  // Its -wal and -shm files take the mode of the database itself.
  closeSync(openSync(path, "a", 0o600));
  const sqlite = new Sqlite(path, { readwrite: true, create: true });
  try {
    sqlite.run(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    const mark = (sqlite.query("PRAGMA application_id").get() as { application_id: number }).application_id;
    const { used } = sqlite.query("SELECT count(*) AS used FROM sqlite_master").get() as { used: number };
    if (mark !== applicationId && used > 0)
      throw fail("invalid", `${path} is a database of another program. Point --data-root to a folder of Berth's own.`);
    sqlite.run("PRAGMA journal_mode = WAL");
    sqlite.run("PRAGMA synchronous = NORMAL");
    sqlite.run("PRAGMA foreign_keys = ON");
    sqlite.run(`PRAGMA cache_size = ${cachePages}`);
    sqlite.run("PRAGMA wal_autocheckpoint = 0");
    sqlite.run("PRAGMA journal_size_limit = 4194304");
    const { quick_check: state } = sqlite.query("PRAGMA quick_check(1)").get() as { quick_check: string };
    if (state !== "ok") throw damaged(path, state);
    if (mark !== applicationId) sqlite.run(`PRAGMA application_id = ${applicationId}`);
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

function damaged(path: string, finding: string): Error {
  return translate(Object.assign(new Error(finding), { code: "SQLITE_CORRUPT" }), path);
}
