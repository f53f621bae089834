import { fail } from "@berth/base";
import type { Cgroups, Kernel } from "@berth/linux";
import type { ExecProcesses } from "../ports.ts";
import { type ProcessStat, processStat, runningStat } from "../process-stat.ts";

const SIGKILL = 9;
const KILL_TIMEOUT_MS = 10_000;
const LONGEST_PAUSE_MS = 20;

/** Which exec a tree belongs to. */
export interface TreeOptions {
  readonly kernel: Pick<Kernel, "pidfdOpen" | "pidfdSendSignal" | "close">;
  readonly cgroups: Pick<Cgroups, "readyMoves" | "createMark" | "enterMark" | "enterBesideMarks" | "removeMark" | "processes">;
  /** The container's cgroup. */
  readonly cgroupPath: string;
  readonly containerId: string;
  readonly execId: string;
}

interface Member {
  readonly pid: number;
  readonly startTime: bigint;
}

/**
 * All processes of one exec: those in a cgroup below the container's that only this exec is in (its mark). The program is born
 * there (see {@link joinPlan}), so that nothing it starts gets away by double forks or new sessions; only who may change
 * cgroups can. Runtimes that cannot be told of a mark start it in the container's own cgroup, and it is moved right after: there
 * the program's descendants and its session count as well, and what has left both before the move is the container's.
 */
export class ExecTree implements ExecProcesses {
  readonly #options: TreeOptions;
  readonly #mark: string;
  #program: Member | null = null;

  constructor(options: TreeOptions) {
    this.#options = options;
    this.#mark = `${options.cgroupPath}/${markName(options.execId)}`;
  }

  /** Makes the mark. @throws conflict when the container has ended */
  open(): void {
    try {
      this.#options.cgroups.createMark(this.#mark);
    } catch (error) {
      throw fail("conflict", `Container ${this.#options.containerId} is not running`, error);
    }
  }

  /** Lets a runtime into the container's cgroups, all but the one that marks are in. */
  async admit(pid: number): Promise<void> {
    await this.#options.cgroups.readyMoves();
    this.#options.cgroups.enterBesideMarks(this.#options.cgroupPath, pid);
  }

  /** The program runs: takes note of it, and sees to it that it and what it has started already are in the mark. */
  hold(pid: number, startTime: bigint): void {
    this.#program = { pid, startTime };
    const marked = new Set(this.#options.cgroups.processes(this.#mark));
    // Born there, and so is all that it starts: the other processes of the container, thousands maybe, need no look.
    if (marked.has(pid)) return;
    for (const member of this.#members()) {
      if (!marked.has(member.pid)) this.#options.cgroups.enterMark(this.#mark, member.pid);
    }
  }

  /** Its processes that live now. */
  processes(): readonly number[] {
    return this.#members().map((member) => member.pid);
  }

  /** Sends a signal to each of them; how many there were. */
  signal(signal: number): number {
    let count = 0;
    for (const member of this.#members()) if (this.#send(member, signal)) count++;
    return count;
  }

  /** SIGKILL until nobody is left. @throws timeout when a process does not go (uninterruptible sleep) */
  async kill(): Promise<void> {
    const until = performance.now() + KILL_TIMEOUT_MS;
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const members = this.#members();
      if (members.length === 0) return;
      for (const member of members) this.#send(member, SIGKILL);
      if (performance.now() > until) {
        const pids = members.slice(0, 10).map((member) => member.pid);
        throw fail("timeout", `exec ${this.#options.execId} still has processes after SIGKILL: ${pids.join(", ")}`);
      }
      await Bun.sleep(pauseMs);
    }
  }

  /** Removes the mark; false while processes are in it. */
  close(): boolean {
    return this.#options.cgroups.removeMark(this.#mark);
  }

  #members(): Member[] {
    const { cgroups, cgroupPath } = this.#options;
    const stats = new Map<number, ProcessStat>();
    for (const pid of cgroups.processes(cgroupPath)) {
      const stat = runningStat(pid);
      if (stat !== null) stats.set(pid, stat);
    }
    const found = new Set(cgroups.processes(this.#mark).filter((pid) => stats.has(pid)));
    this.#addSession(stats, found);
    // Parents may stand behind their children in the list: again until nobody is added.
    for (let before = -1; before !== found.size; ) {
      before = found.size;
      for (const [pid, { parent }] of stats) if (found.has(parent)) found.add(pid);
    }
    return [...found].flatMap((pid) => {
      const stat = stats.get(pid);
      return stat === undefined ? [] : [{ pid, startTime: stat.startTime }];
    });
  }

  #addSession(stats: ReadonlyMap<number, ProcessStat>, found: Set<number>): void {
    const program = this.#program;
    if (program === null) return;
    const now = stats.get(program.pid);
    // Its number belongs to somebody else by now, and so may the session.
    if (now !== undefined && now.startTime !== program.startTime) return;
    if (now !== undefined) found.add(program.pid);
    for (const [pid, stat] of stats) if (stat.session === program.pid && stat.startTime >= program.startTime) found.add(pid);
  }

  #send({ pid, startTime }: Member, signal: number): boolean {
    const { kernel } = this.#options;
    const pidfd = kernel.pidfdOpen(pid);
    if (pidfd === null) return false;
    try {
      // A descriptor first, then a look whose it is: a pid that was given to somebody else meanwhile is not hit.
      return processStat(pid)?.startTime === startTime && kernel.pidfdSendSignal(pidfd, signal);
    } finally {
      kernel.close(pidfd);
    }
  }
}

/** Name of an exec's mark below its container's cgroup. */
export function markName(execId: string): string {
  return `berth-exec-${execId}`;
}

/** How a runtime gets a program into its mark. */
export interface JoinPlan {
  /** Arguments of `exec`. */
  readonly words: readonly string[];
  /**
   * The runtime itself has to be in the container's other cgroups before it makes the program, which inherits them: crun
   * on v1 joins the sub-cgroup in each tree that has it, and in the others nothing.
   */
  readonly runtimeFirst: boolean;
}

/** Runtimes of the user's may not know the flag: they get none, and the program is moved after its start. */
export function joinPlan(options: {
  readonly program: string;
  readonly version: string;
  readonly v2: boolean;
  readonly execId: string;
}): JoinPlan {
  const { program, v2 } = options;
  const name = markName(options.execId);
  const [major = 0, minor = 0] = options.version.split(".").map((part) => Number.parseInt(part, 10));
  const from = (wanted: number): boolean => major > 1 || (major === 1 && minor >= wanted);
  if (program === "crun" && from(3)) return { words: ["--cgroup", name], runtimeFirst: !v2 };
  if (program === "runc" && from(1)) return { words: ["--cgroup", v2 ? name : `pids:${name}`], runtimeFirst: false };
  return { words: [], runtimeFirst: false };
}
