import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, release } from "node:os";
import { capabilitiesOfMask } from "./capabilities/names.ts";
import { defaultMaskedPaths, defaultReadonlyPaths, thermalPaths } from "./paths.ts";
import type { Security, SecurityFacts } from "./ports.ts";
import { protect } from "./protect.ts";

const goNames: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", loong64: "loong64", mipsel: "mipsle", ppc64: "ppc64le" };

/** Reads what the room has to know from /proc and /sys. */
export function readSecurityFacts(): SecurityFacts {
  const status = readFileSync("/proc/self/status", "utf8");
  return {
    availableCapabilities: capabilitiesOfMask(/^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"),
    kernelVersion: release(),
    architecture: goNames[process.arch] ?? process.arch,
    seccomp: /^Seccomp:/m.test(status),
    appArmor: existsSync("/sys/kernel/security/apparmor/profiles"),
    noNewPrivileges: false,
    seccompProfile: "default",
  };
}

/**
 * Opens the room.
 * @param facts what differs from {@link readSecurityFacts}, for example the daemon's own profile
 */
export function openSecurity(facts: Partial<SecurityFacts> = {}): Security {
  const all: SecurityFacts = { ...readSecurityFacts(), ...facts };
  const maskedPaths = [...defaultMaskedPaths, ...thermalPaths(possibleCpus(), existsSync)];
  return {
    facts: all,
    maskedPaths,
    readonlyPaths: defaultReadonlyPaths,
    protect: (request) => protect({ ...all, maskedPaths, readonlyPaths: defaultReadonlyPaths }, request),
  };
}

/** /sys/devices/system/cpu/possible is a list of ranges: 0-1 or 0,2-3. */
function possibleCpus(): number {
  try {
    const last = /(\d+)\s*$/.exec(readFileSync("/sys/devices/system/cpu/possible", "utf8"))?.[1];
    return Math.min(last === undefined ? availableParallelism() : Number(last) + 1, 8192);
  } catch {
    return availableParallelism();
  }
}
