import { fail } from "@berth/base";
import { commandsRuntime } from "@berth/runtime";
import type { HostConfig, PortMap, RestartPolicy } from "@berth/spec";
import { isIP } from "node:net";
import { checkResources, type HostResources } from "./check-resources.ts";
import { checkValues } from "./check-values.ts";

/** What checks ask of the daemon. */
export interface HostFacts extends HostResources {
  readonly runtimes: readonly string[];
}

/** Checks a HostConfig in Docker's order and words. Throws invalid; returns warnings and what has to be changed. */
export function checkHostConfig(host: HostConfig, facts: HostFacts): { readonly host: HostConfig; readonly warnings: readonly string[] } {
  const policy = host.RestartPolicy.Name;
  if (host.AutoRemove && policy !== "" && policy !== "no") {
    throw fail("invalid", "can't create 'AutoRemove' container with restart policy");
  }
  for (const extra of host.ExtraHosts ?? []) checkExtraHost(extra);
  checkPortBindings(host.PortBindings ?? {});
  checkRestartPolicy(host.RestartPolicy);
  if (host.Isolation !== "" && host.Isolation !== "default") throw fail("invalid", `invalid isolation '${host.Isolation}' on linux`);
  for (const key of Object.keys(host.Annotations ?? {})) {
    if (key === "") throw fail("invalid", "invalid Annotations: the empty string is not permitted as an annotation key");
    if (commandsRuntime(key)) {
      throw fail("invalid", `invalid Annotations: ${JSON.stringify(key)} is an order to the runtime, which a request must not give`);
    }
  }
  checkValues(host);
  const resources = checkResources(host, facts);
  const warnings = [...resources.warnings];
  if (!/^(|none|private|shareable|host|container:.+)$/.test(host.IpcMode)) throw fail("invalid", `invalid IPC mode: ${host.IpcMode}`);
  if (!/^(|host|container:.+)$/.test(host.PidMode)) throw fail("invalid", `invalid PID mode: ${host.PidMode}`);
  if (host.ShmSize < 0) throw fail("invalid", "SHM size can not be less than 0");
  if (!/^(|host)$/.test(host.UTSMode)) throw fail("invalid", `invalid UTS mode: ${host.UTSMode}`);
  if (!/^(|host)$/.test(host.UsernsMode)) throw fail("invalid", `invalid user namespace mode: ${host.UsernsMode}`);
  if (host.OomScoreAdj < -1000 || host.OomScoreAdj > 1000) {
    throw fail("invalid", `Invalid value ${host.OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  }
  if (host.NetworkMode === "host" && Object.keys(host.PortBindings ?? {}).length > 0) {
    warnings.push("Published ports are discarded when using host network mode");
  }
  if (Object.keys(host.StorageOpt ?? {}).length > 0) {
    throw fail("invalid", "--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
  }
  if (!facts.runtimes.includes(host.Runtime)) throw fail("invalid", `Unknown runtime specified ${host.Runtime}`);
  for (const destination of Object.keys(host.Tmpfs ?? {})) {
    if (!destination.startsWith("/")) throw fail("invalid", `invalid mount path: '${destination}' mount path must be absolute`);
    if (destination === "/") throw fail("invalid", "invalid specification: destination can't be '/'");
  }
  if (!/^(|host|private)$/.test(host.CgroupnsMode)) throw fail("invalid", `invalid cgroup namespace mode: ${host.CgroupnsMode}`);
  return { host: resources.host, warnings };
}

/** Checks a restart policy by itself (also for `update`). Throws invalid. */
export function checkRestartPolicy(policy: RestartPolicy): void {
  switch (policy.Name) {
    case "always":
    case "unless-stopped":
    case "no":
      if (policy.MaximumRetryCount !== 0) {
        throw fail("invalid", `maximum retry count cannot be used with restart policy '${policy.Name}'`);
      }
      return;
    case "on-failure":
      if (policy.MaximumRetryCount < 0) throw fail("invalid", "maximum retry count cannot be negative");
      return;
    case "":
      return;
    default:
      throw fail("invalid", `invalid restart policy '${policy.Name}'`);
  }
}

function checkExtraHost(entry: string): void {
  const match = /^([^:=]+)[:=](.*)$/.exec(entry);
  if (match === null) throw fail("invalid", `bad format for add-host: "${entry}"`);
  const address = (match[2] ?? "").replace(/^\[(.*)\]$/, "$1");
  if (address !== "host-gateway" && isIP(address) === 0) throw fail("invalid", `invalid IP address in add-host: "${address}"`);
}

function checkPortBindings(bindings: PortMap): void {
  for (const [port, hosts] of Object.entries(bindings)) {
    const number = /^(\d{1,5})(?:\/(?:tcp|udp|sctp))?$/i.exec(port)?.[1];
    if (number === undefined || Number(number) === 0 || Number(number) > 65535) {
      throw fail("invalid", `invalid port specification: "${port}"`);
    }
    for (const binding of hosts ?? []) {
      const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(binding.HostPort ?? "");
      if (!binding.HostPort) continue;
      const first = Number(range?.[1] ?? Number.NaN);
      const last = Number(range?.[2] ?? first);
      if (!(first <= last && last <= 65535)) throw fail("invalid", `invalid port specification: "${binding.HostPort}"`);
    }
  }
}
