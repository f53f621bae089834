import { newId } from "@berth/base";
import { ipv4Text } from "../address/ipv4.ts";
import type { Forwarding } from "../firewall/ruleset.ts";
import type { EndpointRecord } from "../network.store.ts";
import type { SandboxRequest } from "../ports.ts";

/** An endpoint that has nothing yet but its container and its id. */
export function blankEndpoint(request: SandboxRequest): EndpointRecord {
  return {
    containerId: request.containerId,
    containerName: request.containerName,
    hostname: request.hostname,
    network: null,
    sandboxId: "",
    endpointId: newId(),
    namespacePath: null,
    joined: null,
    hostLink: null,
    address: null,
    mac: null,
    exposed: request.exposed,
    ports: [],
  };
}

/** Where the ports lead that an endpoint has published. */
export function forwardingsOf(endpoint: EndpointRecord): Forwarding[] {
  const { address } = endpoint;
  return address === null ? [] : endpoint.ports.map((port) => ({ ...port, address: ipv4Text(address) }));
}
