import type { Sandbox, SandboxRequest } from "@berth/network";
import type { EndpointSettings, NetworkSettings } from "@berth/spec";
import type { Core } from "../core.ts";
import { joinTarget } from "./create/joins.ts";
import { processOf, type ContainerRecord } from "./record.ts";

/** What a container asks of the network. For `container:` modes the other container's namespace is joined if it runs. */
export function sandboxRequest(core: Pick<Core, "records">, record: ContainerRecord): SandboxRequest {
  const target = joinTarget(record.hostConfig.NetworkMode);
  const other = target === null ? null : core.records.get(target);
  const process = other === null ? null : processOf(other);
  return {
    containerId: record.id,
    containerName: record.name,
    hostname: record.config.Hostname,
    mode: record.config.NetworkDisabled === true ? "none" : record.hostConfig.NetworkMode,
    joinPath: process === null ? null : `/proc/${process.pid}/ns/net`,
    macAddress: macOf(record),
    exposed: Object.keys(record.config.ExposedPorts ?? {}),
    bindings: record.hostConfig.PortBindings ?? {},
    publishAll: record.hostConfig.PublishAllPorts,
    endpoints: record.endpoints,
  };
}

function macOf(record: ContainerRecord): string | null {
  if (record.config.MacAddress !== undefined && record.config.MacAddress !== "") return record.config.MacAddress;
  for (const endpoint of Object.values(record.endpoints)) if (endpoint.MacAddress !== "") return endpoint.MacAddress;
  return null;
}

/** What a running container's inspect shows of its network: what it has, with the addresses and names that it asked for. */
export function connectedSettings(sandbox: Sandbox, asked: Readonly<Record<string, EndpointSettings>>): NetworkSettings {
  const { settings } = sandbox;
  const networks = Object.entries(settings.Networks).map(([name, endpoint]) => {
    const { IPAMConfig = null, Aliases = null } = asked[name] ?? {};
    return [name, { ...endpoint, IPAMConfig, Aliases }] as const;
  });
  return { ...settings, Networks: Object.fromEntries(networks) };
}

/** `NetworkSettings` of a container that has no network now: its endpoints with what they were asked for. */
export function idleNetworkSettings(endpoints: Readonly<Record<string, EndpointSettings>>): NetworkSettings {
  return {
    Bridge: "",
    SandboxID: "",
    SandboxKey: "",
    Ports: {},
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: "",
    Gateway: "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    IPAddress: "",
    IPPrefixLen: 0,
    IPv6Gateway: "",
    MacAddress: "",
    Networks: { ...endpoints },
  };
}
