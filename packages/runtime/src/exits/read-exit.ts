import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Layout } from "../layout.ts";
import type { ExitRecord } from "../ports.ts";
import { writeAtomically } from "../write-file.ts";

/** The code that a program killed by SIGKILL has. */
const KILLED = 137;

/**
 * The exit that conmon wrote for a container: its code, and the time of the writing. A second line says that the
 * monitor died first, see {@link writeLostExit}. null when there is none.
 */
export function readExit(layout: Layout, id: string): ExitRecord | null {
  const file = path.join(layout.exits, id);
  try {
    const finishedAtNs = statSync(file, { bigint: true }).mtimeNs;
    const [code = "", ...rest] = readFileSync(file, "utf8").split("\n");
    if (!/^-?\d+$/.test(code.trim())) return null;
    const lost = rest.join("\n").trim();
    return { id, exitCode: Number(code), finishedAtNs, monitorLost: lost === "" ? null : lost };
  } catch {
    return null;
  }
}

/** Records the end of a container whose monitor was killed: what it would have told is lost. */
export function writeLostExit(layout: Layout, id: string, monitorPid: number): void {
  const sentence = `the container's monitor (conmon, process ${monitorPid}) was killed, so the container was stopped and its exit code is not known`;
  writeAtomically(path.join(layout.exits, id), `${KILLED}\n${sentence}\n`);
}
