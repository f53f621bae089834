/** Installs the executable and, where systemd runs, the service. */
import { chmodSync, copyFileSync, renameSync } from "node:fs";
import { daemonPid, enginePlace } from "./kit/engine.ts";
import { executable, root } from "./kit/paths.ts";
import { line } from "./kit/print.ts";
import { installedPath, systemctl, systemdRuns, unitPath } from "./kit/systemd.ts";

if (process.getuid?.() !== 0) {
  process.stderr.write("make install needs root.\n");
  process.exit(1);
}
// Copied beside and renamed: the old one may be running.
const beside = `${installedPath}.new`;
copyFileSync(executable, beside);
chmodSync(beside, 0o755);
renameSync(beside, installedPath);
line(`  installed ${installedPath}`);
if (systemdRuns()) {
  copyFileSync(`${root}/packaging/berth.service`, unitPath);
  systemctl("daemon-reload");
  if (daemonPid(enginePlace()) === null) {
    systemctl("enable", "--now", "berth.service");
    line(`  installed and started ${unitPath}`);
  } else {
    systemctl("enable", "berth.service");
    line(`  installed ${unitPath}; an engine runs already: make stop && systemctl start berth hands it over to systemd`);
  }
} else {
  line("  systemd does not run here: start the engine with make start, or with: berth daemon");
}
