import type { PortMap } from "@berth/spec";
import { type ContainerPort, parseExposed, portKey } from "./parse.ts";

/** A port of a container that is reachable at a port of the host. */
export interface PublishedPort extends ContainerPort {
  /** One address, `0.0.0.0` or `::`. */
  readonly hostIp: string;
  readonly hostPort: number;
}

/** `NetworkSettings.Ports` of a running container: exposed ports without a binding are null. */
export function portMap(exposed: readonly string[], ports: readonly PublishedPort[]): PortMap {
  const map: PortMap = {};
  for (const port of ports) (map[portKey(port)] ??= []).push({ HostIp: port.hostIp, HostPort: String(port.hostPort) });
  for (const port of parseExposed(exposed)) map[portKey(port)] ??= null;
  return map;
}
