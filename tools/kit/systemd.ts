import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Where `make install` puts the unit. */
export const unitPath = "/etc/systemd/system/berth.service";

/** Where `make install` puts the executable. */
export const installedPath = "/usr/local/bin/berth";

/** Whether systemd is this machine's init. */
export function systemdRuns(): boolean {
  return existsSync("/run/systemd/system");
}

/** Runs systemctl and throws with its words when it fails. */
export function systemctl(...args: string[]): void {
  const { status, stderr } = spawnSync("systemctl", args, { encoding: "utf8", timeout: 120_000 });
  if (status !== 0) throw new Error(`systemctl ${args.join(" ")} failed: ${stderr.trim()}`);
}
