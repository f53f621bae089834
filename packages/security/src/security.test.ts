import { expect, test } from "bun:test";
import { adjustCapabilities } from "./capabilities/adjust.ts";
import { capabilitiesOfMask, capabilityNames, defaultCapabilities } from "./capabilities/names.ts";
import { openSecurity } from "./open-security.ts";
import { parseSecurityOptions } from "./options/parse.ts";
import type { ProtectionRequest } from "./ports.ts";
import { buildSeccomp, kernelAtLeast } from "./seccomp/build.ts";
import { parseSeccompProfile } from "./seccomp/parse.ts";
import reference from "./testing/docker-20.10-seccomp.json";

const nothing: ProtectionRequest = {
  capAdd: null,
  capDrop: null,
  privileged: false,
  securityOpt: null,
  maskedPaths: null,
  readonlyPaths: null,
};
const target = { capabilities: defaultCapabilities, kernelVersion: "6.1.0-28-amd64", architecture: "amd64" };

function names(seccomp: ReturnType<typeof buildSeccomp>): Set<string> {
  return new Set(seccomp?.syscalls.filter((rule) => rule.action === "SCMP_ACT_ALLOW" && rule.args === undefined).flatMap((r) => r.names));
}

test("the default capabilities are a80425fb", () => {
  expect([...capabilitiesOfMask("00000000a80425fb")].sort()).toEqual([...defaultCapabilities].sort());
  expect(capabilityNames.length).toBe(41);
});

test("capabilities: add, drop, ALL, case, prefix", () => {
  const base = { available: capabilityNames, privileged: false };
  expect(adjustCapabilities({ ...base, add: ["net_admin"], drop: ["CAP_CHOWN"] })).toEqual([
    ...defaultCapabilities.filter((name) => name !== "CAP_CHOWN"),
    "CAP_NET_ADMIN",
  ]);
  expect(adjustCapabilities({ ...base, add: ["ALL"], drop: ["mknod"] })).toHaveLength(40);
  expect(adjustCapabilities({ ...base, add: ["SETUID"], drop: ["all"] })).toEqual(["CAP_SETUID"]);
  expect(adjustCapabilities({ ...base, add: ["chown"], drop: [] })).toEqual([...defaultCapabilities]);
});

test("capabilities that the daemon lacks are refused when asked for and left out otherwise", () => {
  const available = capabilityNames.filter((name) => name !== "CAP_SYS_RESOURCE" && name !== "CAP_MKNOD");
  expect(adjustCapabilities({ available, privileged: true, add: [], drop: [] })).toHaveLength(39);
  expect(adjustCapabilities({ available, privileged: false, add: [], drop: [] })).not.toContain("CAP_MKNOD");
  expect(() => adjustCapabilities({ available, privileged: false, add: ["sys_resource"], drop: [] })).toThrow(
    'invalid CapAdd: capability not supported by your kernel or not available in the current environment: "CAP_SYS_RESOURCE"',
  );
  expect(() => adjustCapabilities({ available, privileged: false, add: ["x"], drop: [] })).toThrow(
    'invalid CapAdd: unknown capability: "CAP_X"',
  );
  expect(() => adjustCapabilities({ available, privileged: false, add: [], drop: ["CAP_X"] })).toThrow(
    'invalid CapDrop: unknown capability: "CAP_X"',
  );
});

test("the default profile allows what Docker 20.10 allows, but for known differences", () => {
  const ours = buildSeccomp({ ...target, profile: "default" });
  const allowed = names(ours);
  expect(reference.allowed.filter((name) => !allowed.has(name))).toEqual([
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "socket",
  ]);
  // socket is allowed by its domain: all but AF_ALG and AF_VSOCK.
  expect(ours?.syscalls.filter((rule) => rule.names.includes("socket")).map((rule) => rule.args?.[0]?.op)).toEqual([
    "SCMP_CMP_LT",
    "SCMP_CMP_EQ",
    "SCMP_CMP_GT",
  ]);
  for (const rule of reference.withArguments) {
    const argument = rule.args[0];
    const same = ours?.syscalls.filter((own) => own.names.includes(rule.names[0] ?? "") && own.args?.[0]?.value === argument?.value);
    expect(same?.map((own) => own.args?.[0]?.op)).toEqual([argument?.op ?? ""]);
  }
  expect(ours?.architectures).toEqual(reference.architectures);
  expect(ours?.syscalls.find((rule) => rule.names.includes("clone3"))).toEqual({
    names: ["clone3"],
    action: "SCMP_ACT_ERRNO",
    errnoRet: 38,
  });
});

test("newer system calls that Docker added later are allowed", () => {
  const allowed = names(buildSeccomp({ ...target, profile: "default" }));
  for (const name of ["fchmodat2", "cachestat", "mseal", "pkey_mprotect", "process_vm_readv", "map_shadow_stack"]) {
    expect(allowed.has(name)).toBe(true);
  }
  for (const name of ["mount", "bpf", "setns", "unshare", "keyctl", "add_key", "kexec_load", "userfaultfd", "syslog", "io_uring_setup"]) {
    expect(allowed.has(name)).toBe(false);
  }
});

test("rules by capability, kernel and architecture", () => {
  const admin = buildSeccomp({ ...target, capabilities: [...defaultCapabilities, "CAP_SYS_ADMIN"], profile: "default" });
  expect(names(admin).has("mount")).toBe(true);
  expect(names(admin).has("clone3")).toBe(true);
  expect(admin?.syscalls.some((rule) => rule.names.includes("clone") && rule.args !== undefined)).toBe(false);
  expect(names(buildSeccomp({ ...target, kernelVersion: "4.4.0", profile: "default" })).has("ptrace")).toBe(false);
  const arm = buildSeccomp({ ...target, architecture: "arm64", profile: "default" });
  expect(names(arm).has("set_tls")).toBe(true);
  expect(names(arm).has("modify_ldt")).toBe(false);
  expect(arm?.architectures).toEqual(["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]);
  expect(kernelAtLeast("6.18.44-x", "4.8")).toBe(true);
  expect(kernelAtLeast("4.19", "4.8")).toBe(true);
  expect(kernelAtLeast("3.10", "4.8")).toBe(false);
});

test("custom profiles, also of the old form, and broken ones", () => {
  const profile = parseSeccompProfile(
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"chmod","action":"SCMP_ACT_ERRNO","args":null},{"names":["mount"],"action":"SCMP_ACT_ERRNO","includes":{"caps":["CAP_SYS_ADMIN"]}}]}',
  );
  expect(buildSeccomp({ ...target, profile })).toEqual({
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["chmod"], action: "SCMP_ACT_ERRNO" }],
  });
  expect(buildSeccomp({ ...target, profile: parseSeccompProfile("{}") })).toBeNull();
  for (const bad of [
    "",
    "{",
    "[]",
    '{"defaultAction":"X"}',
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["x"],"action":"y"}]}',
  ]) {
    expect(() => parseSeccompProfile(bad)).toThrow(/^Decoding seccomp profile failed: /);
  }
  const both = '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"a","names":["b"],"action":"SCMP_ACT_LOG"}]}';
  expect(() => parseSeccompProfile(both)).toThrow("both 'name' and 'names' are specified");
});

test("security options with Docker's errors", () => {
  const read = parseSecurityOptions([
    "no-new-privileges:true",
    "seccomp=unconfined",
    "label:disable",
    "apparmor=web",
    "systempaths=unconfined",
  ]);
  expect(read).toEqual({
    seccomp: "unconfined",
    noNewPrivileges: true,
    apparmor: "web",
    labels: ["disable"],
    writableCgroups: null,
    systemPathsUnconfined: true,
  });
  expect(parseSecurityOptions(["no-new-privileges=false"]).noNewPrivileges).toBe(false);
  expect(() => parseSecurityOptions(["foo"])).toThrow('invalid --security-opt 1: "foo"');
  expect(() => parseSecurityOptions(["foo=bar"])).toThrow('invalid --security-opt 2: "foo=bar"');
  expect(() => parseSecurityOptions(["no-new-privileges=maybe"])).toThrow('invalid --security-opt 2: "no-new-privileges=maybe"');
});

test("protection of a default, a privileged and an opened container", () => {
  const security = openSecurity({ availableCapabilities: capabilityNames, seccomp: true, appArmor: false });
  const plain = security.protect(nothing);
  expect(plain.capabilities.effective).toEqual([...defaultCapabilities]);
  expect(plain.maskedPaths).toContain("/proc/kcore");
  expect(plain.readonlyPaths).toContain("/proc/sys");
  expect(plain.deviceRules).toHaveLength(8);
  expect(plain.seccomp?.defaultAction).toBe("SCMP_ACT_ERRNO");
  const privileged = security.protect({ ...nothing, privileged: true });
  expect(privileged).toMatchObject({ seccomp: null, maskedPaths: [], readonlyPaths: [], allDevices: true, writableCgroups: true });
  expect(privileged.capabilities.bounding).toHaveLength(41);
  expect(security.protect({ ...nothing, securityOpt: ["systempaths=unconfined"] }).maskedPaths).toEqual([]);
  expect(security.protect({ ...nothing, maskedPaths: ["/x"] }).maskedPaths).toEqual(["/x"]);
  expect(openSecurity({ seccomp: false }).protect(nothing).seccomp).toBeNull();
});
