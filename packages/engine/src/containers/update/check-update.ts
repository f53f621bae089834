import type { ContainerUpdateRequest, HostConfig } from "@berth/spec";
import type { Core } from "../../core.ts";
import { hostDefaults, hostFacts } from "../create.ts";
import { checkRestartPolicy } from "../create/check-host-config.ts";
import { checkResources } from "../create/check-resources.ts";
import { fillHostConfig } from "../create/host-config.ts";

/** What an update asks for, by itself: a whole configuration in which "as it is" is zero, empty or null. Throws invalid. */
export function checkUpdate(
  core: Core,
  request: ContainerUpdateRequest,
): { readonly wanted: HostConfig; readonly warnings: readonly string[] } {
  const nothing = fillHostConfig({}, hostDefaults(core, "1.51"));
  const policy = { Name: "", MaximumRetryCount: 0, ...request.RestartPolicy };
  checkRestartPolicy(policy);
  const { host, warnings } = checkResources({ ...nothing, ...request, RestartPolicy: policy }, hostFacts(core), { update: true });
  return { wanted: host, warnings };
}
