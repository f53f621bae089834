import type { Flag, FlagGroup } from "../../args/flag.ts";
import { healthFlags } from "./flags/health.ts";
import { identityFlags } from "./flags/identity.ts";
import { lifeFlags } from "./flags/life.ts";
import { loggingFlags } from "./flags/logging.ts";
import { networkFlags } from "./flags/network.ts";
import { resourceFlags } from "./flags/resources.ts";
import { securityFlags } from "./flags/security.ts";
import { storageFlags } from "./flags/storage.ts";

/** Flags that `run` and `create` share: what a container is. */
export const containerFlags: readonly Flag[] = [
  ...inGroup("Start and end", lifeFlags),
  ...inGroup("Identity", identityFlags),
  ...inGroup("Network", networkFlags),
  ...inGroup("Storage", storageFlags),
  ...inGroup("Resources", resourceFlags),
  ...inGroup("Security", securityFlags),
  ...inGroup("Health", healthFlags),
  ...inGroup("Logging", loggingFlags),
];

/** Puts flags under one title of the help. */
export function inGroup(group: FlagGroup, flags: readonly Flag[]): Flag[] {
  return flags.map((flag) => ({ ...flag, group }));
}
