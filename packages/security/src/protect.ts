import type { ContainerProtection } from "@berth/spec";
import { adjustCapabilities } from "./capabilities/adjust.ts";
import { defaultDeviceRules, privilegedDeviceRules } from "./devices.ts";
import { parseSecurityOptions } from "./options/parse.ts";
import type { ProtectionRequest, SecurityFacts } from "./ports.ts";
import { buildSeccomp } from "./seccomp/build.ts";
import type { SeccompProfile } from "./seccomp/profile.ts";

/**
 * Decides what a container is kept from.
 * @throws invalid with Docker's words: unknown capability, bad security option, bad profile
 */
export function protect(
  facts: SecurityFacts & { readonly maskedPaths: readonly string[]; readonly readonlyPaths: readonly string[] },
  request: ProtectionRequest,
): ContainerProtection {
  const options = parseSecurityOptions(request.securityOpt ?? []);
  const capabilities = adjustCapabilities({
    add: request.capAdd ?? [],
    drop: request.capDrop ?? [],
    privileged: request.privileged,
    available: facts.availableCapabilities,
  });
  const open = request.privileged || options.systemPathsUnconfined;
  return {
    capabilities: { bounding: capabilities, effective: [...capabilities], permitted: [...capabilities] },
    seccomp: buildSeccomp({
      profile: chooseProfile(facts, request.privileged, options.seccomp),
      capabilities,
      kernelVersion: facts.kernelVersion,
      architecture: facts.architecture,
    }),
    noNewPrivileges: options.noNewPrivileges ?? facts.noNewPrivileges,
    apparmorProfile: facts.appArmor ? (options.apparmor ?? (request.privileged ? "unconfined" : null)) : null,
    maskedPaths: open ? [] : (request.maskedPaths ?? facts.maskedPaths),
    readonlyPaths: open ? [] : (request.readonlyPaths ?? facts.readonlyPaths),
    deviceRules: request.privileged ? privilegedDeviceRules : defaultDeviceRules,
    writableCgroups: options.writableCgroups ?? request.privileged,
    writableSys: request.privileged,
    allDevices: request.privileged,
  };
}

/** A privileged container has no filter unless it names one; nobody has one on a kernel without seccomp. */
function chooseProfile(
  facts: SecurityFacts,
  privileged: boolean,
  asked: "default" | "unconfined" | SeccompProfile | null,
): "default" | "unconfined" | SeccompProfile {
  if (!facts.seccomp) return "unconfined";
  if (asked !== null) return asked;
  return privileged ? "unconfined" : facts.seccompProfile;
}
