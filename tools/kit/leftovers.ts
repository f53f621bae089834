import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";

/**
 * Ends the processes and detaches the mounts that a suite left behind, then removes its folder.
 * Processes are known by the variable `BERTH_SUITE` of their environment, mounts by lying below the folder.
 * @param folder the suite's temporary folder, which is also the variable's value
 * @returns one line for each process and mount found
 */
export function clearLeftovers(folder: string): string[] {
  const processes = processesOf(folder);
  for (const { pid } of processes) kill(pid);
  const mounts = mountsBelow(folder);
  // The deepest first.
  for (const path of mounts.toReversed()) spawnSync("umount", ["-l", path]);
  if (mountsBelow(folder).length === 0) rmSync(folder, { recursive: true, force: true });
  return [...processes.map(({ pid, command }) => `process ${pid} ${command}`), ...mounts.map((path) => `mount ${path}`)];
}

function processesOf(folder: string): { pid: number; command: string }[] {
  const found: { pid: number; command: string }[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${name}/environ`, "utf8").split("\0").includes(`BERTH_SUITE=${folder}`)) continue;
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      // A process without a command line has ended and waits for its parent only.
      if (command !== "") found.push({ pid: Number(name), command: command.slice(0, 200) });
    } catch {
      // It ended while it was looked at, or belongs to somebody else.
    }
  }
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Mount points below a folder, parents before children. */
function mountsBelow(folder: string): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((text) =>
      (text.split(" ")[4] ?? "").replace(/\\(\d{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((path) => path.startsWith(`${folder}/`))
    .sort();
}
