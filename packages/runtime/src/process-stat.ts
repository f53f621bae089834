import { readFileSync } from "node:fs";

/** What /proc/<pid>/stat says of a process (proc(5)). */
export interface ProcessStat {
  /** R, S, D, Z (has ended, nobody asked yet), X, … */
  readonly state: string;
  readonly parent: number;
  /** The session's id: the pid of its leader, which no other process gets while the session has members. */
  readonly session: number;
  /** Field 22, in ticks since boot: with it a pid means one process for ever. */
  readonly startTime: bigint;
}

/** null when there is no such process. */
export function processStat(pid: number): ProcessStat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  // The name, in parentheses, may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    state: fields[0] ?? "X",
    parent: Number(fields[1] ?? 0),
    session: Number(fields[3] ?? 0),
    startTime: BigInt(fields[19] ?? 0),
  };
}

/** null also when the process has ended and was only not waited for yet. */
export function runningStat(pid: number): ProcessStat | null {
  const stat = processStat(pid);
  return stat === null || stat.state === "Z" || stat.state === "X" ? null : stat;
}

/** Whether the process that had this start time still runs. */
export function isAlive(pid: number, startTime: bigint): boolean {
  return runningStat(pid)?.startTime === startTime;
}
