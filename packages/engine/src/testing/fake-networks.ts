import { fail } from "@berth/base";
import type { Networks, NetworkSummary, Sandbox, SandboxRequest } from "@berth/network";
import type { EndpointSettings } from "@berth/spec";
import { idleNetworkSettings } from "../containers/network.ts";

const networkId = "b".repeat(64);

/** A network in memory: everybody gets an address of 172.17.0.0/16 and nothing is made in the kernel. */
export class FakeNetworks
  implements
    Pick<
      Networks,
      | "open"
      | "validate"
      | "connect"
      | "disconnect"
      | "rename"
      | "adopt"
      | "recover"
      | "resolvConf"
      | "list"
      | "inspect"
      | "create"
      | "remove"
      | "close"
    >
{
  /** Containers that are connected now. */
  readonly connected: Map<string, SandboxRequest> = new Map();
  /** Thrown by the next connect. */
  failNext: Error | null = null;

  open(): Promise<void> {
    return Promise.resolve();
  }

  validate(request: SandboxRequest): Record<string, EndpointSettings> {
    if (request.mode.startsWith("container:")) return {};
    return { [nameOf(request.mode)]: endpoint(null) };
  }

  connect(request: SandboxRequest): Promise<Sandbox> {
    const failure = this.failNext;
    this.failNext = null;
    if (failure !== null) return Promise.reject(failure);
    this.connected.set(request.containerId, request);
    return Promise.resolve(sandbox(request));
  }

  disconnect(containerId: string): Promise<void> {
    this.connected.delete(containerId);
    return Promise.resolve();
  }

  rename(containerId: string, containerName: string): void {
    const request = this.connected.get(containerId);
    if (request !== undefined) this.connected.set(containerId, { ...request, containerName });
  }

  adopt(containerId: string): Promise<Sandbox | null> {
    const request = this.connected.get(containerId);
    return Promise.resolve(request === undefined ? null : sandbox(request));
  }

  recover(live: ReadonlySet<string>): Promise<void> {
    for (const id of [...this.connected.keys()]) if (!live.has(id)) this.connected.delete(id);
    return Promise.resolve();
  }

  resolvConf(): string {
    return "nameserver 192.0.2.53\n";
  }

  list(): NetworkSummary[] {
    return [];
  }

  inspect(reference: string): NetworkSummary {
    throw fail("not-found", `network ${reference} not found`);
  }

  create(): Promise<NetworkSummary> {
    return Promise.reject(fail("not-implemented", "this network is in memory"));
  }

  remove(reference: string): Promise<NetworkSummary> {
    return Promise.reject(fail("not-found", `network ${reference} not found`));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function nameOf(mode: string): string {
  return mode === "default" ? "bridge" : mode;
}

function sandbox(request: SandboxRequest): Sandbox {
  if (request.mode.startsWith("container:")) return { namespacePath: request.joinPath, settings: idleNetworkSettings({}), hosts: [] };
  const address = "172.17.0.2";
  const settings = { ...idleNetworkSettings({ [nameOf(request.mode)]: endpoint(address) }), Ports: request.bindings, IPAddress: address };
  return { namespacePath: null, settings, hosts: [{ address, names: [request.hostname] }] };
}

function endpoint(address: string | null): EndpointSettings {
  return {
    IPAMConfig: null,
    Links: null,
    Aliases: null,
    MacAddress: address === null ? "" : "02:42:ac:11:00:02",
    DriverOpts: null,
    GwPriority: 0,
    NetworkID: address === null ? "" : networkId,
    EndpointID: address === null ? "" : "e".repeat(64),
    Gateway: address === null ? "" : "172.17.0.1",
    IPAddress: address ?? "",
    IPPrefixLen: address === null ? 0 : 16,
    IPv6Gateway: "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
  };
}
