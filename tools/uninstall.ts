/**
 * Undoes `make install` and `make start`: stops containers and engine, removes executable and service. Containers, images
 * and volumes stay on disk unless PURGE=1 is given.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { ask, enginePlace, stopDaemon } from "./kit/engine.ts";
import { executable, root } from "./kit/paths.ts";
import { startDaemon } from "./kit/start-daemon.ts";
import { beginLine, endLine, line } from "./kit/print.ts";
import { installedPath, systemctl, systemdRuns, unitPath } from "./kit/systemd.ts";

const place = enginePlace();
const purge = process.env["PURGE"] === "1";

interface Listed {
  readonly Id: string;
}

/** Stops every running container, with PURGE=1 removes every container; their number. */
async function endContainers(): Promise<number> {
  // Containers run on when the engine has stopped; only an engine ends them properly.
  if ((await ask(place, "GET", "/_ping")) === null && existsSync(`${place.dataRoot}/berth.db`) && existsSync(executable))
    await startDaemon(place);
  const listed = await ask(place, "GET", `/containers/json?all=${purge}`);
  if (listed === null) return 0;
  if (!listed.ok) throw new Error(`the engine does not list its containers: ${await listed.text()}`);
  const containers = (await listed.json()) as Listed[];
  for (const { Id } of containers) {
    const answer = purge
      ? await ask(place, "DELETE", `/containers/${Id}?force=true&v=true`, 60_000)
      : await ask(place, "POST", `/containers/${Id}/stop`, 60_000);
    if (answer === null || (!answer.ok && answer.status !== 304 && answer.status !== 404)) {
      throw new Error(`container ${Id.slice(0, 12)} did not ${purge ? "go" : "stop"}: ${(await answer?.text()) ?? "no answer"}`);
    }
  }
  return containers.length;
}

/** Removes a folder that nothing is mounted in. */
function removeFolder(path: string): void {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((text) => text.split(" ")[4]?.startsWith(`${path}/`) === true);
  if (mounts.length > 0) throw new Error(`${path} is not removed: ${mounts.length} mounts are still in it`);
  // A path that does not look like an engine's is not removed, whatever the variables say.
  if (existsSync(path) && !readdirSync(path).every((name) => ours.has(name)))
    throw new Error(`${path} is not removed: it holds files that are not Berth's`);
  rmSync(path, { recursive: true, force: true });
}
const ours: ReadonlySet<string> = new Set(
  "berth.db berth.db-wal berth.db-shm lock containers images volumes networks tmp berth.sock berth.pid exits sock runtime netns".split(" "),
);

async function step(title: string, task: () => Promise<string> | string): Promise<void> {
  beginLine(title);
  try {
    endLine(await task());
  } catch (error) {
    endLine("failed");
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

if (process.getuid?.() !== 0) {
  process.stderr.write("make uninstall needs root.\n");
  process.exit(1);
}
await step(purge ? "remove containers" : "stop containers", async () => `${await endContainers()}`);
await step("stop the engine", async () => {
  if (systemdRuns() && existsSync(unitPath)) systemctl("disable", "--now", "berth.service");
  const pid = await stopDaemon(place);
  return pid === null ? "none runs" : `pid ${pid} ended`;
});
await step("remove bridge and firewall rules", () => {
  if (!existsSync(executable)) return "was not built";
  const { status, stderr } = spawnSync(executable, ["debug", "remove-network"], { encoding: "utf8", timeout: 60_000 });
  if (status !== 0) throw new Error(`berth debug remove-network failed: ${stderr.trim()}`);
  return "done";
});
await step("remove what was installed", () => {
  rmSync(unitPath, { force: true });
  if (systemdRuns()) systemctl("daemon-reload");
  rmSync(installedPath, { force: true });
  rmSync(`${root}/dist`, { recursive: true, force: true });
  return "done";
});
if (purge) {
  await step("remove data", () => {
    removeFolder(place.execRoot);
    removeFolder(place.dataRoot);
    rmSync(place.logPath, { force: true });
    return `${place.dataRoot} is gone`;
  });
} else if (existsSync(place.dataRoot)) {
  line(`  containers, images and volumes stay in ${place.dataRoot}; PURGE=1 removes them`);
}
line(`  the Debian packages stay; their names are in tools/debian-packages.txt`);
