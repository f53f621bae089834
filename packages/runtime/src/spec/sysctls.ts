import { existsSync } from "node:fs";
import type { SpecRequest } from "./request.ts";

/**
 * Kernel settings inside the container's namespaces. In a network of its own any program may listen on low ports and
 * send pings, since those capabilities are given anyway; what the container says comes last.
 */
export function buildSysctls(request: Pick<SpecRequest, "config" | "hostConfig" | "ownNetwork">): Record<string, string> {
  const sysctls: Record<string, string> = {};
  if (request.config.Domainname !== "") sysctls["kernel.domainname"] = request.config.Domainname;
  if (request.ownNetwork) {
    if (known("net.ipv4.ip_unprivileged_port_start")) sysctls["net.ipv4.ip_unprivileged_port_start"] = "0";
    if (known("net.ipv4.ping_group_range")) sysctls["net.ipv4.ping_group_range"] = "0 2147483647";
  }
  return { ...sysctls, ...request.hostConfig.Sysctls };
}

function known(name: string): boolean {
  return existsSync(`/proc/sys/${name.replaceAll(".", "/")}`);
}
