import type { ExecCreateRequest } from "@berth/spec";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import type { Core } from "../core.ts";

/** What a daemon that starts again has to know of an exec: on disk while it runs, below the exec root. */
export interface KeptExec {
  readonly id: string;
  readonly containerId: string;
  readonly createdAt: string;
  readonly startedAt: string;
  readonly request: ExecCreateRequest;
  /** Whether a client had its streams: it has lost them with the daemon. */
  readonly attached: boolean;
  /** null: the daemon died while it was being started, and nobody was told that it runs. */
  readonly pid: number | null;
  readonly pidStartTime: string;
}

/**
 * Keeps an exec, or changes what is kept. Not synced: it is of no use after a boot. At once, because the exec root is memory: a
 * thread of its own would take longer to wake up.
 */
export function keepExec(core: Pick<Core, "execRoot">, exec: KeptExec): void {
  mkdirSync(folder(core), { recursive: true, mode: 0o700 });
  const file = `${folder(core)}/${exec.id}`;
  writeFileSync(`${file}.new`, JSON.stringify(exec), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** It has ended, or never began. */
export function dropExec(core: Pick<Core, "execRoot">, id: string): void {
  rmSync(`${folder(core)}/${id}`, { force: true });
}

/** What an earlier life of the daemon kept; files that are none of it are removed. */
export async function keptExecs(core: Pick<Core, "execRoot">): Promise<KeptExec[]> {
  const found: KeptExec[] = [];
  for (const name of await readdir(folder(core)).catch((): string[] => [])) {
    const kept = /^[0-9a-f]{64}$/.test(name) ? await read(`${folder(core)}/${name}`) : null;
    if (kept === null) dropExec(core, name);
    else found.push(kept);
  }
  return found;
}

async function read(file: string): Promise<KeptExec | null> {
  try {
    // Written by the daemon alone, and whole: renamed into its place.
    return JSON.parse(await readFile(file, "utf8")) as KeptExec;
  } catch {
    return null;
  }
}

function folder(core: Pick<Core, "execRoot">): string {
  return `${core.execRoot}/execs`;
}
