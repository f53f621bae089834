/** What a column can hold. */
export type SqlValue = string | number | bigint | null | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A step of a schema, run once, in order; never changed after a release. */
export interface Migration {
  /** `containers-001-first`: unique among all rooms; order within a room is the order in its list. */
  readonly name: string;
  readonly sql: string;
}

/** An open database. Statements are prepared once per text. All of it is synchronous: SQLite in WAL mode answers in microseconds. */
export interface Database {
  /** Rows of a query; `params` by position. Integers come as numbers, exact to 2^53: store nanoseconds as TEXT. */
  all<Row extends SqlRow>(sql: string, ...params: readonly SqlValue[]): Row[];
  /** The first row or null. */
  get<Row extends SqlRow>(sql: string, ...params: readonly SqlValue[]): Row | null;
  /** Runs a change; how many rows it touched. */
  run(sql: string, ...params: readonly SqlValue[]): number;
  /**
   * One transaction: all of `body` or nothing. Nested calls commit with the outer one; a nested one that fails is undone
   * by itself. `body` must not await, and runs a second time when the disk was full and room could be made.
   */
  transaction<T>(body: () => T): T;
  /**
   * Applies what is missing of a room's migrations, each in a transaction. Refuses (conflict) a database that a newer
   * version has changed.
   */
  migrate(migrations: readonly Migration[]): void;
  close(): void;
}
