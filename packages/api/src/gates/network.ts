import type { NetworkSummary } from "@berth/network";
import { type IpamConfig, isAtLeast } from "@berth/spec";

/** A network as the API shows it. `EnableIPv4` came with 1.48; before 1.28 lists showed the endpoints too. */
export function showNetwork(network: NetworkSummary, options: { readonly version: string; readonly endpoints: boolean }): unknown {
  const { version } = options;
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: network.scope,
    Driver: network.driver,
    ...(isAtLeast(version, "1.48") ? { EnableIPv4: true } : {}),
    EnableIPv6: network.subnets.some((subnet) => subnet.subnet.includes(":")),
    IPAM: {
      Driver: "default",
      Options: network.ipamOptions,
      Config: network.subnets.map(configOf),
    },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: options.endpoints || !isAtLeast(version, "1.28") ? endpointsOf(network) : {},
    Options: network.options,
    Labels: network.labels,
  };
}

function configOf({ subnet, gateway, range = "", auxiliary = {} }: NetworkSummary["subnets"][number]): IpamConfig {
  return {
    Subnet: subnet,
    ...(range === "" ? {} : { IPRange: range }),
    ...(gateway === "" ? {} : { Gateway: gateway }),
    ...(Object.keys(auxiliary).length === 0 ? {} : { AuxiliaryAddresses: auxiliary }),
  };
}

function endpointsOf(network: NetworkSummary): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(network.endpoints).map(([container, endpoint]) => [
      container,
      { Name: endpoint.name, EndpointID: endpoint.endpointId, MacAddress: endpoint.mac, IPv4Address: endpoint.ipv4, IPv6Address: "" },
    ]),
  );
}
