import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { BerthError } from "@berth/base";
import { databaseContract } from "../testing/index.ts";
import { openDatabase } from "./open-database.ts";

databaseContract("SQLite", () => {
  const folder = mkdtempSync(join(os.tmpdir(), "berth-store-"));
  return { open: () => openDatabase(join(folder, "berth.db")), destroy: () => rmSync(folder, { recursive: true }) };
});

describe("openDatabase", () => {
  let folder = "";
  let path = "";
  beforeEach(() => {
    folder = mkdtempSync(join(os.tmpdir(), "berth-store-"));
    path = join(folder, "berth.db");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function refusal(work: () => unknown): BerthError {
    try {
      work();
    } catch (error) {
      if (error instanceof BerthError) return error;
      throw error;
    }
    throw new Error("nothing was thrown");
  }
  const fill = (rows: number): void => {
    const database = openDatabase(path);
    database.migrate([{ name: "pages-001-first", sql: "CREATE TABLE pages (id INTEGER PRIMARY KEY, body BLOB)" }]);
    database.transaction(() => {
      for (let id = 0; id < rows; id++) database.run("INSERT INTO pages VALUES (?, ?)", id, new Uint8Array(3000));
    });
    database.close();
  };

  test("makes files that only root can read, also -wal and -shm", () => {
    const database = openDatabase(path);
    database.migrate([{ name: "pages-001-first", sql: "CREATE TABLE pages (id INTEGER)" }]);
    for (const suffix of ["", "-wal", "-shm"]) expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
    database.close();
  });

  test("keeps what was committed when the process is killed", () => {
    const program = `
      const { openDatabase } = await import(${JSON.stringify(join(import.meta.dir, "open-database.ts"))});
      const database = openDatabase(${JSON.stringify(path)});
      database.migrate([{ name: "pages-001-first", sql: "CREATE TABLE pages (id INTEGER)" }]);
      database.run("INSERT INTO pages VALUES (7)");
      process.kill(process.pid, "SIGKILL");`;
    const child = Bun.spawnSync([process.execPath, "-e", program]);
    expect(child.signalCode).toBe("SIGKILL");
    const database = openDatabase(path);
    expect(database.all("SELECT id FROM pages")).toEqual([{ id: 7 }]);
    database.close();
  });

  test("names a file that is no database", () => {
    writeFileSync(path, "x".repeat(5000));
    const error = refusal(() => openDatabase(path));
    expect(error.kind).toBe("invalid");
    expect(error.message).toContain(path);
  });

  test("names a damaged file and says what to do", () => {
    fill(200);
    const bytes = readFileSync(path);
    for (let page = 2; page < bytes.length / 4096; page++) bytes.fill(0xa5, page * 4096, page * 4096 + 200);
    writeFileSync(path, bytes);
    const error = refusal(() => openDatabase(path));
    expect(error.kind).toBe("invalid");
    expect(error.message).toContain(`${path} is damaged`);
    expect(error.message).toContain(".recover");
  });

  test("refuses a database of another program", () => {
    execFileSync(process.execPath, ["-e", `new (require("bun:sqlite").Database)(${JSON.stringify(path)}).run("CREATE TABLE theirs (id)")`]);
    const error = refusal(() => openDatabase(path));
    expect(error.kind).toBe("invalid");
    expect(error.message).toContain("another program");
  });

  test("names a missing folder", () => {
    const error = refusal(() => openDatabase(join(folder, "none", "berth.db")));
    expect(error.kind).toBe("not-found");
    expect(error.message).toContain(join(folder, "none"));
  });

  test("keeps the log short by a worker, which loses nothing", async () => {
    const database = openDatabase(path, { logBytes: 200_000 });
    database.migrate([{ name: "pages-001-first", sql: "CREATE TABLE pages (id INTEGER PRIMARY KEY, body BLOB)" }]);
    expect(database.get("PRAGMA wal_autocheckpoint")).toEqual({ wal_autocheckpoint: 0 });
    let largestLog = 0;
    for (let burst = 0; burst < 10; burst++) {
      for (let id = burst * 200; id < burst * 200 + 200; id++) database.run("INSERT INTO pages VALUES (?, ?)", id, new Uint8Array(3000));
      largestLog = Math.max(largestLog, statSync(`${path}-wal`).size);
      await Bun.sleep(60);
    }
    // All of it at once takes a log of 16 MB.
    expect(largestLog).toBeLessThan(8_000_000);
    expect(statSync(path).size).toBeGreaterThan(4_000_000);
    database.close();
    const again = openDatabase(path);
    expect(again.get("SELECT count(*) AS n FROM pages")).toEqual({ n: 2000 });
    again.close();
  });

  test("bounds the log also when the worker gets no time", () => {
    const database = openDatabase(path, { logBytes: 100_000 });
    database.migrate([{ name: "pages-001-first", sql: "CREATE TABLE pages (id INTEGER PRIMARY KEY, body BLOB)" }]);
    let largestLog = 0;
    for (let id = 0; id < 2000; id++) {
      database.run("INSERT INTO pages VALUES (?, ?)", id, new Uint8Array(3000));
      largestLog = Math.max(largestLog, statSync(`${path}-wal`).size);
    }
    // 16 MB without a bound; a checkpoint of the worker that is under way may delay ours.
    expect(largestLog).toBeLessThan(12_000_000);
    expect(database.get("SELECT count(*) AS n FROM pages")).toEqual({ n: 2000 });
    database.close();
  });

  test("calls a read-only file system forbidden", () => {
    withTmpfs(folder, "1m", (root) => {
      path = join(root, "berth.db");
      fill(1);
      execFileSync("mount", ["-o", "remount,ro", root]);
      const error = refusal(() => openDatabase(path));
      expect(error.kind).toBe("forbidden");
      expect(error.message).toContain(path);
    });
  });

  test("calls a full disk exhausted, keeps what was there, and goes on when there is room", () => {
    withTmpfs(folder, "1m", (root) => {
      path = join(root, "berth.db");
      fill(10);
      const database = openDatabase(path);
      writeFileSync(join(root, "ballast"), new Uint8Array(300_000));
      const error = refusal(() => {
        database.transaction(() => {
          for (let id = 100; id < 1000; id++) database.run("INSERT INTO pages VALUES (?, ?)", id, new Uint8Array(3000));
        });
      });
      expect(error.kind).toBe("exhausted");
      expect(error.message).toContain(path);
      expect(database.get("SELECT count(*) AS n FROM pages")).toEqual({ n: 10 });
      rmSync(join(root, "ballast"));
      expect(database.run("INSERT INTO pages VALUES (?, ?)", 5000, new Uint8Array(10))).toBe(1);
      database.close();
    });
  });
});

function withTmpfs(folder: string, size: string, work: (root: string) => void): void {
  const root = join(folder, "tmpfs");
  mkdirSync(root);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", root]);
  try {
    work(root);
  } finally {
    execFileSync("umount", ["-l", root]);
  }
}
