import { fail } from "@berth/base";
import type { DeviceMapping, HostConfig, Ulimit } from "@berth/spec";
import { isIP } from "node:net";

/** Limits of setrlimit(2) that Linux has. */
const limitNames: ReadonlySet<string> = new Set([
  "as",
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
]);

/**
 * Checks values that Docker hands on to the runtime, the kernel or a file as they are: there they would fail late and
 * in words nobody understands, or mean something else. Throws invalid.
 */
export function checkValues(host: HostConfig): void {
  checkCgroupParent(host.CgroupParent);
  for (const limit of host.Ulimits ?? []) checkUlimit(limit);
  for (const device of host.Devices ?? []) checkDevice(device);
  for (const option of Object.keys(host.StorageOpt ?? {})) {
    if (option !== "size") throw fail("invalid", `Unknown option ${option}`);
    throw fail("invalid", "--storage-opt size is not supported: the writable layer of a container has no quota of its own here");
  }
  for (const name of Object.keys(host.Sysctls ?? {})) {
    if (!/^[\w-]+([./][\w-]+)*$/.test(name)) throw fail("invalid", `invalid sysctl name: ${JSON.stringify(name)}`);
  }
  for (const address of host.Dns ?? []) {
    if (isIP(address) === 0) throw fail("invalid", `invalid DNS server: ${JSON.stringify(address)} is no IP address`);
  }
  for (const domain of host.DnsSearch ?? []) checkWord("DNS search domain", domain);
  for (const option of host.DnsOptions ?? []) checkWord("DNS option", option);
  for (const bindings of Object.values(host.PortBindings ?? {})) {
    for (const { HostIp: address } of bindings ?? []) {
      if (address && isIP(address) === 0) throw fail("invalid", `invalid IP address for a published port: ${JSON.stringify(address)}`);
    }
  }
}

/** Refuses white space and control characters, which would start another word or line of a file. Throws invalid. */
export function checkWord(what: string, text: string): void {
  if (/[\s\p{Cc}]/u.test(text)) throw fail("invalid", `invalid ${what}: ${JSON.stringify(text)}`);
}

// `..` would make cgroups outside of the tree that cgroups are mounted in.
function checkCgroupParent(parent: string): void {
  const bad = parent.includes("\0") || parent.split("/").some((part) => part === "." || part === "..");
  if (bad) throw fail("invalid", `invalid cgroup parent: ${JSON.stringify(parent)}`);
}

function checkUlimit({ Name, Soft, Hard }: Ulimit): void {
  if (!limitNames.has(Name)) throw fail("invalid", `invalid ulimit type: ${Name}`);
  const soft = Soft === -1 ? Number.POSITIVE_INFINITY : Soft;
  const hard = Hard === -1 ? Number.POSITIVE_INFINITY : Hard;
  if (soft > hard) throw fail("invalid", `invalid ulimit ${Name}: soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`);
  if (soft < 0 || hard < 0) throw fail("invalid", `invalid ulimit ${Name}: ${soft < 0 ? Soft : Hard} is no limit`);
}

function checkDevice({ PathOnHost, PathInContainer, CgroupPermissions }: DeviceMapping): void {
  if (/^[rwm]*$/.test(CgroupPermissions ?? "") && !`${PathOnHost}${PathInContainer}`.includes("\0")) return;
  throw fail("invalid", `invalid device specification: ${JSON.stringify(`${PathOnHost}:${PathInContainer}:${CgroupPermissions}`)}`);
}
