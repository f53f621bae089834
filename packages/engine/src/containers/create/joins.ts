import { fail, messageOf } from "@berth/base";
import type { HostConfig } from "@berth/spec";
import type { ContainerRecord } from "../record.ts";

const prefix = "container:";

/** The reference of `container:REFERENCE`, or null. */
export function joinTarget(mode: string): string | null {
  return mode.startsWith(prefix) ? mode.slice(prefix.length) : null;
}

/**
 * Replaces names in `container:NAME` modes of pid, ipc and network by full ids. A missing container is Docker's 400 for
 * pid and ipc; for the network it is only found out at start. Throws invalid.
 */
export function resolveJoins(host: HostConfig, lookup: (reference: string) => ContainerRecord): HostConfig {
  return {
    ...host,
    NetworkMode: resolve(host.NetworkMode, lookup, false),
    PidMode: resolve(host.PidMode, lookup, true),
    IpcMode: resolve(host.IpcMode, lookup, true),
  };
}

function resolve(mode: string, lookup: (reference: string) => ContainerRecord, strict: boolean): string {
  const target = joinTarget(mode);
  if (target === null) return mode;
  try {
    return prefix + lookup(target).id;
  } catch (error) {
    if (strict) throw fail("invalid", messageOf(error), error);
    return mode;
  }
}
