import { fail } from "@berth/base";
import { ipv4Text } from "./address/ipv4.ts";
import type { EndpointRecord, NetworkRecord } from "./network.store.ts";
import type { BridgeOptions, NetworkSummary } from "./ports.ts";

/** A network as the API shows it, with the containers that run on it. */
export function summaryOf(
  network: NetworkRecord,
  options: { readonly bridge: BridgeOptions; readonly prefixLength: number; readonly endpoints: readonly EndpointRecord[] },
): NetworkSummary {
  const endpoints = options.endpoints.filter((endpoint) => endpoint.network === network.name);
  const { details } = network;
  return {
    id: network.id,
    name: network.name,
    driver: network.driver,
    scope: "local",
    createdAt: network.createdAt,
    subnets: subnetsOf(network),
    ipamOptions: details?.ipamOptions ?? null,
    internal: details?.internal ?? false,
    attachable: details?.attachable ?? false,
    options: details?.options ?? (network.driver === "bridge" ? bridgeLabels(options.bridge) : {}),
    labels: details?.labels ?? {},
    endpoints: Object.fromEntries(
      endpoints.map((endpoint) => [
        endpoint.containerId,
        {
          endpointId: endpoint.endpointId,
          name: endpoint.containerName,
          mac: endpoint.mac ?? "",
          ipv4: endpoint.address === null ? "" : `${ipv4Text(endpoint.address)}/${options.prefixLength}`,
        },
      ]),
    ),
  };
}

/** As in Docker a subnet that somebody chose is shown as it was asked for. */
function subnetsOf(network: NetworkRecord): NetworkSummary["subnets"] {
  const asked = network.details?.config;
  if (asked === null || asked === undefined) {
    return network.subnet === null || network.gateway === null ? [] : [{ subnet: network.subnet, gateway: network.gateway }];
  }
  const { Subnet: subnet = "", Gateway: gateway = "", IPRange: range = "", AuxiliaryAddresses: auxiliary = {} } = asked;
  return [{ subnet, gateway, range, auxiliary }];
}

/**
 * Finds a network by full id, name or unique id prefix.
 * @throws not-found `network nope not found`
 */
export function findNetwork<T extends { readonly id: string; readonly name: string }>(networks: readonly T[], reference: string): T {
  const exact = networks.find((network) => network.id === reference) ?? networks.find((network) => network.name === reference);
  if (exact !== undefined) return exact;
  const byPrefix = reference === "" ? [] : networks.filter((network) => network.id.startsWith(reference));
  const [only] = byPrefix;
  if (byPrefix.length > 1) throw fail("invalid", `network ${reference} is ambiguous (${byPrefix.length} matches found based on ID prefix)`);
  if (only === undefined) throw fail("not-found", `network ${reference} not found`);
  return only;
}

function bridgeLabels(bridge: BridgeOptions): Record<string, string> {
  return {
    "com.docker.network.bridge.default_bridge": "true",
    "com.docker.network.bridge.enable_icc": String(bridge.icc !== false),
    "com.docker.network.bridge.enable_ip_masquerade": String(bridge.ipMasquerade !== false),
    "com.docker.network.bridge.host_binding_ipv4": bridge.defaultHostIp ?? "0.0.0.0",
    "com.docker.network.bridge.name": bridge.name,
    "com.docker.network.driver.mtu": String(bridge.mtu),
  };
}
