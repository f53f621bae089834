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
    NetworkMode: resolveNetworkJoin(host.NetworkMode, lookup),
    PidMode: resolve(host.PidMode, lookup, true),
    IpcMode: resolve(host.IpcMode, lookup, true),
  };
}

/** The same for the network alone, at each start: its container may have been made after the one that joins it. */
export function resolveNetworkJoin(mode: string, lookup: (reference: string) => ContainerRecord): string {
  return resolve(mode, lookup, false);
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

/** One `--link NAME[:ALIAS]`: the other container and what it is called here. */
export interface Link {
  readonly target: string;
  readonly alias: string;
}

/** Takes `NAME[:ALIAS]` apart; without an alias the name is it. */
export function parseLink(text: string): Link {
  const [target = "", alias = ""] = text.split(":", 2);
  return { target, alias: alias === "" ? target.replace(/^\//, "") : alias };
}

/** Throws invalid, as Docker does, when a container that `--link` names does not exist. */
export function checkLinks(links: readonly string[] | null, lookup: (reference: string) => ContainerRecord): void {
  for (const link of links ?? []) {
    const { target } = parseLink(link);
    try {
      lookup(target);
    } catch (error) {
      throw fail("invalid", `could not get container for ${target}: ${messageOf(error)}`, error);
    }
  }
}
