// time limit: 30 minutes
import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { berthCommand } from "../harness/engines.ts";
import { buildGuest, guestKernel, type Guest } from "./build-guest.ts";

const qemu = "/usr/bin/qemu-system-x86_64";
// About 90 s on two idle cores, a multiple of it where others compute too.
const bootLimitMs = 1_500_000;

/** Boots the guest and returns all that it wrote to its console. */
function boot(guest: Guest): Promise<string> {
  const child = spawn(
    "setpriv",
    [
      ...["--pdeathsig", "KILL", qemu],
      // Emulated also where /dev/kvm is there: nested virtual machines have it and fail in it.
      ...["-accel", "tcg,thread=multi", "-cpu", "max"],
      ...["-smp", "2", "-m", "3072", "-nographic", "-no-reboot", "-nic", "none"],
      ...["-kernel", guest.kernel, "-initrd", guest.initrd, "-append", "console=ttyS0 quiet panic=-1 systemd.unified_cgroup_hierarchy=1"],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const timer = setTimeout(() => child.kill("SIGKILL"), bootLimitMs);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", () => {
      clearTimeout(timer);
      resolve(text.replaceAll("\r", ""));
    });
  });
}

// Without the kernel (another distribution than Debian) or qemu there is nothing to boot.
describe.skipIf(guestKernel() === null || !existsSync(qemu))("guest: a machine with cgroup v2", () => {
  test(
    "the life of containers",
    async () => {
      const folder = mkdtempSync(path.join(tmpdir(), "berth-guest-"));
      try {
        const console_ = await boot(await buildGuest(berthCommand(), folder));
        const lines = console_.split("\n");
        const failed = lines.filter((line) => line.startsWith("not ok ") || line.startsWith("  # "));
        if (failed.length > 0 || !lines.includes("guest done")) console.error(console_.slice(-6000));
        expect(failed).toEqual([]);
        expect(lines).toContain("guest done");
        expect(lines.filter((line) => line.startsWith("ok ")).length).toBe(55);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    bootLimitMs + 60_000,
  );
});
