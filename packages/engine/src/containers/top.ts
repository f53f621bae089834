import { fail } from "@berth/base";
import { spawnChild } from "@berth/linux";
import { type Core, cgroupPath } from "../core.ts";
import { emitContainerEvent } from "./events.ts";
import { isRunning } from "./record.ts";
import { isRestarting, notRunning } from "./words.ts";

const maxOutputBytes = 16 * 1024 * 1024;

/**
 * The host's `ps` with the caller's arguments, only the container's processes. Throws conflict when it does not run,
 * internal with ps's own words for bad arguments.
 */
export async function topOfContainer(
  core: Core,
  reference: string,
  psArgs: string,
): Promise<{ readonly Titles: string[]; readonly Processes: string[][] }> {
  const args = psArgs === "" ? "-ef" : psArgs;
  for (const [, key, value] of args.matchAll(/\s+([^\s]*)=\s*(PID[^\s]*)/g)) {
    if (key !== "pid") throw fail("internal", `specifying "${key}=${value}" is not allowed`);
  }
  const record = core.records.lookup(reference);
  if (record.life.status === "restarting") throw isRestarting(record.id);
  if (!isRunning(record)) throw notRunning(record.id);
  const pids = core.cgroups.processes(cgroupPath(core, record));
  const list = args.split(" ").filter((word) => word !== "");
  // Some options of ps do not go with -q: then all processes are listed and the others dropped here.
  const narrow = pids.length === 0 ? { text: null, problem: "" } : await ps([...list, `-q${pids.join(",")}`]);
  const result = narrow.text === null ? await ps(list) : narrow;
  if (result.text === null) throw fail("internal", `ps: ${result.problem}`);
  const parsed = parsePs(result.text, new Set(pids));
  emitContainerEvent(core, record, "top");
  return parsed;
}

async function ps(args: readonly string[]): Promise<{ readonly text: string | null; readonly problem: string }> {
  const child = spawnChild(["ps", ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C" },
    timeout: 10_000,
    maxBuffer: maxOutputBytes,
  });
  const [text, problem, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  return code === 0 ? { text, problem: "" } : { text: null, problem: problem.split("\n")[0] || `exit status ${code}` };
}

/** Titles and the rows of `pids` out of ps's output; overhanging fields belong to the last column. Throws internal. */
export function parsePs(output: string, pids: ReadonlySet<number>): { Titles: string[]; Processes: string[][] } {
  const lines = output.split("\n");
  const Titles = fields(lines[0] ?? "");
  const pidIndex = Titles.indexOf("PID");
  if (pidIndex < 0) throw fail("internal", "Couldn't find PID field in ps output");
  const Processes: string[][] = [];
  let own = false;
  for (const line of lines.slice(1)) {
    if (line === "") continue;
    const row = fields(line);
    const pid = row[pidIndex] ?? "";
    // Rows of threads (`m`) have a dash for the pid and follow their process.
    if (pid !== "-") {
      if (!/^\d+$/.test(pid)) throw fail("internal", `Unexpected pid '${pid}'`);
      own = pids.has(Number(pid));
    }
    if (own) Processes.push([...row.slice(0, Titles.length - 1), row.slice(Titles.length - 1).join(" ")]);
  }
  return { Titles, Processes };
}

function fields(line: string): string[] {
  return line.split(/[\t\n\f\r ]+/).filter((field) => field !== "");
}
