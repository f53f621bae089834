import { fail } from "@berth/base";
import type { ContainerCreateRequest, HostConfig } from "@berth/spec";
import { joinTarget } from "./joins.ts";

/**
 * What cannot be had together with a network or a UTS namespace of somebody else, in Docker's order and words. Only what the request itself says
 * counts: ports that the image exposes do not. Throws invalid.
 */
export function checkModes(request: ContainerCreateRequest, host: HostConfig): void {
  const joins = joinTarget(host.NetworkMode);
  const links = (host.Links ?? []).length > 0;
  if (joins === "") throw fail("invalid", "Invalid network mode: invalid container format container:<name|id>");
  if (joins !== null) {
    if (request.Hostname) refuse("hostname and the network mode");
    if (links) refuse(`container type network ${unlinked}`);
    if ((host.Dns ?? []).length > 0) refuse("dns and the network mode");
    if ((host.ExtraHosts ?? []).length > 0) refuse("custom host-to-IP mapping and the network mode");
  }
  if (host.UTSMode === "host" && request.Hostname) refuse("hostname and the UTS mode");
  if (host.NetworkMode === "host" && links) refuse(`host type networking ${unlinked}`);
}

const unlinked = "can't be used with links. This would result in undefined behavior";

function refuse(what: string): never {
  throw fail("invalid", `conflicting options: ${what}`);
}
