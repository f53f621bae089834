import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { openDatabase } from "@berth/store";
import { lookAround, type World } from "../crash/world.ts";
import type { RunningEngine } from "../harness/engines.ts";
import type { Sandbox } from "../harness/sandbox.ts";

/** How much of everything there is, with a daemon that has nothing to do. */
export interface Census {
  readonly world: World;
  /** Open descriptors of the daemon by what they lead to, numbers left out. */
  readonly descriptors: Readonly<Record<string, number>>;
  readonly threads: number;
  readonly namespaceFiles: number;
  /** Folders of execs, and of programs that are being started. */
  readonly startFolders: number;
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Counts everything now. */
export async function takeCensus(sandbox: Sandbox, engine: RunningEngine): Promise<Census> {
  const { pid } = engine.process;
  return {
    world: await lookAround(sandbox, engine),
    descriptors: descriptorsOf(pid),
    threads: readdirSync(`/proc/${pid}/task`).length,
    namespaceFiles: readdirSync(`${engine.execRoot}/netns`).length,
    startFolders: ["exec", "tmp"].reduce((sum, name) => sum + readdirSync(`${engine.execRoot}/${name}`).length, 0),
    rows: rowsOf(`${engine.dataRoot}/berth.db`),
  };
}

/** What is there more of than before, in words; what became less is no leak. */
export function growth(before: Census, after: Census): string[] {
  const found: string[] = [];
  const compare = (what: string, [was, is]: readonly [number, number]): void => {
    if (is > was) found.push(`${what}: ${was}, now ${is}`);
  };
  for (const key of Object.keys(before.world) as (keyof World)[]) {
    if (!Bun.deepEquals(before.world[key], after.world[key])) {
      found.push(`${key}: ${JSON.stringify(before.world[key])}, now ${JSON.stringify(after.world[key])}`);
    }
  }
  for (const kind of Object.keys(after.descriptors)) {
    compare(`descriptors ${kind}`, [before.descriptors[kind] ?? 0, after.descriptors[kind] ?? 0]);
  }
  compare("threads", [before.threads, after.threads]);
  compare("folders of starts", [before.startFolders, after.startFolders]);
  compare("namespace files", [before.namespaceFiles, after.namespaceFiles]);
  for (const table of Object.keys(after.rows)) compare(`rows of ${table}`, [before.rows[table] ?? 0, after.rows[table] ?? 0]);
  return found;
}

/** Proportional set size of a process in megabytes (smaps_rollup, proc(5)). */
export function memoryMegabytes(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? "0";
  return Math.round(Number(kilobytes) / 1024);
}

function descriptorsOf(pid: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const kind = readlinkSync(`/proc/${pid}/fd/${fd}`).replaceAll(/[0-9a-f]{64}|\d+/g, "N");
      counts[kind] = (counts[kind] ?? 0) + 1;
    } catch {
      // Closed meanwhile.
    }
  }
  return counts;
}

function rowsOf(path: string): Record<string, number> {
  const database = openDatabase(path);
  try {
    const tables = database.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    return Object.fromEntries(
      tables.map(({ name }) => {
        // Addresses rest for ten seconds after their container; they are forgotten when the next is given.
        const owned = name === "network_addresses" ? " WHERE released_at_ms IS NULL" : "";
        return [name, database.get<{ count: number }>(`SELECT count(*) AS count FROM "${name}"${owned}`)?.count ?? 0];
      }),
    );
  } finally {
    database.close();
  }
}
