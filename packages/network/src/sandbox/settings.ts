import type { EndpointSettings, NetworkSettings } from "@berth/spec";
import { ipv4Text } from "../address/ipv4.ts";
import type { EndpointRecord, NetworkRecord } from "../network.store.ts";
import { portMap } from "../port/published.ts";

/** Endpoint settings of a container that is created and does not run. */
export function emptyEndpoint(): EndpointSettings {
  return {
    IPAMConfig: null,
    Links: null,
    Aliases: null,
    MacAddress: "",
    DriverOpts: null,
    GwPriority: 0,
    NetworkID: "",
    EndpointID: "",
    Gateway: "",
    IPAddress: "",
    IPPrefixLen: 0,
    IPv6Gateway: "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
  };
}

/**
 * `NetworkSettings` of a running container, as Docker 20.10 shows them: with `none` and `host` only ids, with
 * `container:` nothing at all.
 * @param hostSandbox file that stands for the host's own namespace
 */
export function settingsOf(
  endpoint: EndpointRecord,
  options: { readonly network: NetworkRecord | null; readonly prefixLength: number; readonly hostSandbox: string },
): NetworkSettings {
  const { network } = options;
  const joined = network === null;
  const address = endpoint.address === null ? "" : ipv4Text(endpoint.address);
  const bridged = endpoint.address !== null;
  // The top level has always spoken of the default bridge only.
  const top = bridged && network?.name === "bridge";
  const shown: EndpointSettings = {
    ...emptyEndpoint(),
    NetworkID: network?.id ?? "",
    EndpointID: endpoint.endpointId,
    Gateway: bridged ? (network?.gateway ?? "") : "",
    IPAddress: address,
    IPPrefixLen: bridged ? options.prefixLength : 0,
    MacAddress: endpoint.mac ?? "",
  };
  return {
    Bridge: "",
    SandboxID: joined ? "" : endpoint.sandboxId,
    SandboxKey: joined ? "" : (endpoint.namespacePath ?? options.hostSandbox),
    Ports: bridged && network?.details?.internal !== true ? portMap(endpoint.exposed, endpoint.ports) : {},
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: top ? endpoint.endpointId : "",
    Gateway: top ? shown.Gateway : "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    IPAddress: top ? address : "",
    IPPrefixLen: top ? shown.IPPrefixLen : 0,
    IPv6Gateway: "",
    MacAddress: top ? shown.MacAddress : "",
    Networks: network === null ? {} : { [network.name]: shown },
  };
}
