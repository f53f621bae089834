import { readFileSync } from "node:fs";
import { availableParallelism, hostname, machine, release, totalmem } from "node:os";
import type { HostSnapshot } from "../settings.ts";

const goNames: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", mipsel: "mipsle", ppc64: "ppc64le" };

/** Reads what the engine has to know of the machine. */
export function readHost(): HostSnapshot {
  const release_ = osRelease();
  return {
    bootId: read("/proc/sys/kernel/random/boot_id").trim(),
    hostname: hostname(),
    kernelVersion: release(),
    operatingSystem: release_["PRETTY_NAME"] ?? "Linux",
    osVersion: release_["VERSION_ID"] ?? "",
    architecture: goNames[process.arch] ?? process.arch,
    machine: machine(),
    cpuCount: availableParallelism(),
    memoryBytes: totalmem(),
    cpus: read("/sys/devices/system/cpu/online").trim() || `0-${availableParallelism() - 1}`,
    memoryNodes: read("/sys/devices/system/node/online").trim() || "0",
  };
}

/** /etc/os-release (os-release(5)). */
function osRelease(): Record<string, string> {
  const text = read("/etc/os-release") || read("/usr/lib/os-release");
  const found: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const match = /^([A-Z_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line);
    if (match?.[1] !== undefined) found[match[1]] = match[2] ?? match[3] ?? match[4] ?? "";
  }
  return found;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
