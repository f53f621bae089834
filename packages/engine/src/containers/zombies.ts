import { readFileSync, readdirSync } from "node:fs";
import type { ContainerExtras } from "@berth/spec";
import { type Core, cgroupPath } from "../core.ts";
import { type ContainerRecord, processOf } from "./record.ts";

/** More is not looked at, and more zombies are not listed: an inspection must stay quick. */
const mostProcesses = 500;
const mostReads = 4000;
const mostListed = 20;
/** A program that has just ended may be waited for any moment; only what is there after so long was left behind. */
const patienceMs = 30;

type Zombie = NonNullable<ContainerExtras["Zombies"]>["Processes"][number];

/**
 * Programs of a container that have ended and that nobody waited for, by the kernel's files; null when there are none.
 * They are no longer in the container's cgroup: they are found as children of what is.
 */
export async function findZombies(core: Core, record: ContainerRecord): Promise<NonNullable<ContainerExtras["Zombies"]> | null> {
  if (processOf(record) === null) return null;
  const parents = core.cgroups.processes(cgroupPath(core, record)).slice(0, mostProcesses);
  const first = zombiesOf(parents);
  if (first.size === 0) return null;
  await Bun.sleep(patienceMs);
  const left = [...first.values()].filter((zombie) => zombie.Pid > 0 && isZombie(zombie.Pid, zombie.ParentPid));
  if (left.length === 0) return null;
  return { Count: left.length, Processes: left.slice(0, mostListed) };
}

function zombiesOf(parents: readonly number[]): Map<number, Zombie> {
  const found = new Map<number, Zombie>();
  let reads = 0;
  for (const parent of parents) {
    for (const thread of threadsOf(parent)) {
      if (reads++ >= mostReads) return found;
      const children = read(`/proc/${parent}/task/${thread}/children`) ?? "";
      for (const word of children.split(" ")) {
        const pid = Number(word);
        if (pid <= 0 || reads++ >= mostReads) continue;
        const stat = statOf(pid);
        if (stat?.state === "Z") found.set(pid, { Pid: pid, ParentPid: parent, Command: stat.command });
      }
    }
  }
  return found;
}

function isZombie(pid: number, parent: number): boolean {
  const stat = statOf(pid);
  return stat?.state === "Z" && stat.parent === parent;
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** proc(5): pid (command) state parent …; the command, at most 15 bytes of anything, ends with the last parenthesis. */
function statOf(pid: number): { readonly command: string; readonly state: string; readonly parent: number } | null {
  const text = read(`/proc/${pid}/stat`);
  if (text === null) return null;
  const end = text.lastIndexOf(")");
  const [state = "", parent = "0"] = text.slice(end + 2).split(" ");
  return { command: text.slice(text.indexOf("(") + 1, end), state, parent: Number(parent) };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
