import { fail } from "@berth/base";
import type { RuntimeSeccomp } from "@berth/spec";
import { defaultSeccompProfile } from "./default-profile.ts";
import type { SeccompCondition, SeccompProfile, SeccompRule } from "./profile.ts";

/** Architectures by their Go names, as libseccomp calls them. */
const architectures: Readonly<Record<string, string>> = {
  "386": "SCMP_ARCH_X86",
  amd64: "SCMP_ARCH_X86_64",
  arm: "SCMP_ARCH_ARM",
  arm64: "SCMP_ARCH_AARCH64",
  loong64: "SCMP_ARCH_LOONGARCH64",
  mips64le: "SCMP_ARCH_MIPSEL64",
  ppc64le: "SCMP_ARCH_PPC64LE",
  riscv64: "SCMP_ARCH_RISCV64",
  s390x: "SCMP_ARCH_S390X",
};

/** What a seccomp profile is turned into a filter for. */
export interface SeccompTarget {
  /** The container's bounding set, names with CAP_. */
  readonly capabilities: readonly string[];
  /** `uname -r`: 6.1.0-28-amd64. */
  readonly kernelVersion: string;
  /** By its Go name: amd64, arm64, … */
  readonly architecture: string;
}

/**
 * The seccomp part of a container's config.json: the rules of a profile whose conditions hold.
 * @returns null for `unconfined` and for a profile that says nothing
 * @throws invalid when the profile contradicts itself
 */
export function buildSeccomp(
  options: SeccompTarget & { readonly profile: "default" | "unconfined" | SeccompProfile },
): RuntimeSeccomp | null {
  if (options.profile === "unconfined") return null;
  const profile = options.profile === "default" ? defaultSeccompProfile : options.profile;
  if (profile.defaultAction === "" && profile.syscalls.length === 0) return null;
  if ((profile.architectures?.length ?? 0) > 0 && (profile.archMap?.length ?? 0) > 0) {
    throw fail(
      "invalid",
      "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'",
    );
  }
  const own = architectures[options.architecture];
  const mapped = profile.archMap?.find((entry) => entry.architecture === own);
  const list = mapped === undefined ? [...(profile.architectures ?? [])] : [mapped.architecture, ...(mapped.subArchitectures ?? [])];
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(list.length === 0 ? {} : { architectures: list }),
    ...(profile.flags === undefined || profile.flags.length === 0 ? {} : { flags: [...profile.flags] }),
    syscalls: profile.syscalls.filter((rule) => applies(rule, options)).map(plain),
  };
}

function applies(rule: SeccompRule, target: SeccompTarget): boolean {
  const { includes, excludes } = rule;
  if (excludes !== undefined) {
    if (excludes.arches?.some((arch) => arch === native(target.architecture))) return false;
    if (excludes.caps?.some((cap) => target.capabilities.includes(cap))) return false;
    if (excludes.minKernel !== undefined && kernelAtLeast(target.kernelVersion, excludes.minKernel)) return false;
  }
  return includes === undefined || holds(includes, target);
}

function holds(condition: SeccompCondition, target: SeccompTarget): boolean {
  const arches = condition.arches ?? [];
  if (arches.length > 0 && !arches.includes(native(target.architecture))) return false;
  if (condition.caps?.some((cap) => !target.capabilities.includes(cap))) return false;
  return condition.minKernel === undefined || kernelAtLeast(target.kernelVersion, condition.minKernel);
}

/** Profiles name the 32-bit x86 as libseccomp does. */
function native(architecture: string): string {
  return architecture === "386" ? "x86" : architecture;
}

function plain(rule: SeccompRule): RuntimeSeccomp["syscalls"][number] {
  return {
    names: [...rule.names],
    action: rule.action,
    ...(rule.errnoRet === undefined ? {} : { errnoRet: rule.errnoRet }),
    ...(rule.args === undefined || rule.args.length === 0 ? {} : { args: rule.args.map((argument) => ({ ...argument })) }),
  };
}

/** Compares the first two numbers of kernel versions; what follows them says nothing about features. */
export function kernelAtLeast(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = numbers(version);
  const [wantedMajor = 0, wantedMinor = 0] = numbers(minimum);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function numbers(version: string): number[] {
  const match = /^(\d+)\.(\d+)/.exec(version);
  return match === null ? [] : [Number(match[1]), Number(match[2])];
}
