import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { BerthError, kindOf } from "@berth/base";
import type { Database, Migration } from "../ports.ts";

const first: Migration = {
  name: "things-001-first",
  sql: "CREATE TABLE things (id TEXT PRIMARY KEY, amount INTEGER NOT NULL, body BLOB); CREATE INDEX things_amount ON things (amount)",
};
const second: Migration = { name: "things-002-colour", sql: "ALTER TABLE things ADD COLUMN colour TEXT" };

/** An implementation under test: `open` opens the same store each time, `destroy` removes it. */
export interface DatabaseUnderTest {
  readonly open: () => Database;
  readonly destroy: () => void;
}

/** What every {@link Database} must do. `make` gives a new, empty store. */
export function databaseContract(name: string, make: () => DatabaseUnderTest): void {
  describe(`${name} as a Database`, () => {
    let store: DatabaseUnderTest;
    let database: Database;
    beforeEach(() => {
      store = make();
      database = store.open();
      database.migrate([first]);
    });
    afterEach(() => {
      database.close();
      store.destroy();
    });
    const ids = (): string[] => database.all<{ id: string }>("SELECT id FROM things ORDER BY id").map((row) => row.id);
    const put = (id: string): number => database.run("INSERT INTO things (id, amount) VALUES (?, ?)", id, 1);
    const refusal = (work: () => unknown): BerthError => {
      try {
        work();
      } catch (error) {
        if (error instanceof BerthError) return error;
        throw error;
      }
      throw new Error("nothing was thrown");
    };

    test("gives back what was stored, of every type", () => {
      const body = new Uint8Array([0, 1, 255]);
      expect(database.run("INSERT INTO things (id, amount, body) VALUES (?, ?, ?)", "a", 2 ** 40, body)).toBe(1);
      expect(database.get("SELECT * FROM things WHERE id = ?", "a")).toEqual({ id: "a", amount: 2 ** 40, body });
      put("b");
      expect(database.get("SELECT body FROM things WHERE id = ?", "b")).toEqual({ body: null });
      expect(database.get("SELECT * FROM things WHERE id = ?", "none")).toBeNull();
    });

    test("counts the rows a change touched", () => {
      put("a");
      put("b");
      expect(database.run("UPDATE things SET amount = 5")).toBe(2);
      expect(database.run("DELETE FROM things WHERE id = ?", "none")).toBe(0);
    });

    test("undoes a whole transaction that fails, and goes on", () => {
      expect(() =>
        database.transaction(() => {
          put("a");
          throw new Error("stop");
        }),
      ).toThrow("stop");
      expect(ids()).toEqual([]);
      expect(database.transaction(() => put("b"))).toBe(1);
      expect(ids()).toEqual(["b"]);
    });

    test("commits nested transactions with the outer one, and undoes a nested one that fails alone", () => {
      database.transaction(() => {
        put("a");
        database.transaction(() => put("b"));
        expect(() =>
          database.transaction(() => {
            put("c");
            throw new Error("inner");
          }),
        ).toThrow("inner");
      });
      expect(ids()).toEqual(["a", "b"]);
      expect(() =>
        database.transaction(() => {
          database.transaction(() => put("d"));
          throw new Error("outer");
        }),
      ).toThrow("outer");
      expect(ids()).toEqual(["a", "b"]);
    });

    test("refuses a transaction that awaits", () => {
      expect(() => database.transaction(async () => put("a"))).toThrow("must not await");
      expect(ids()).toEqual([]);
    });

    test("calls a broken constraint a conflict", () => {
      put("a");
      expect(kindOf(refusal(() => put("a")))).toBe("conflict");
    });

    test("keeps everything over close and open", () => {
      put("a");
      database.close();
      database = store.open();
      expect(ids()).toEqual(["a"]);
    });

    test("applies each migration once, and later ones on top", () => {
      put("a");
      database.migrate([first]);
      database.migrate([first, second]);
      expect(database.get("SELECT id, colour FROM things")).toEqual({ id: "a", colour: null });
    });

    test("keeps nothing of a migration that fails", () => {
      const broken: Migration = { name: "things-002-broken", sql: "ALTER TABLE things ADD COLUMN x TEXT; INSERT INTO nowhere VALUES (1)" };
      expect(() => database.migrate([first, broken])).toThrow();
      database.migrate([first, second]);
      put("a");
      expect(Object.keys(database.get("SELECT * FROM things") ?? {})).toEqual(["id", "amount", "body", "colour"]);
    });

    test("refuses tables that a newer version has changed, and leaves other rooms alone", () => {
      database.migrate([first, second]);
      const error = refusal(() => database.migrate([first]));
      expect(error.kind).toBe("conflict");
      expect(error.message).toContain("newer version");
      database.migrate([{ name: "others-001-first", sql: "CREATE TABLE others (id TEXT)" }]);
    });

    test("refuses a migration whose text has changed, but not its formatting", () => {
      database.migrate([{ name: first.name, sql: first.sql.replaceAll(" ", "\n  ") }]);
      expect(refusal(() => database.migrate([{ name: first.name, sql: "CREATE TABLE things (id TEXT)" }])).kind).toBe("conflict");
    });

    test("refuses migration names of another form", () => {
      expect(() => database.migrate([{ name: "First", sql: "SELECT 1" }])).toThrow("not of the form");
    });
  });
}
