import type { PortSummary } from "@berth/spec";
import { type ContainerRecord, isRunning } from "../record.ts";

/** The PORTS of ps: bindings of a running container, then ports that are only exposed. */
export function portSummaries(record: ContainerRecord): PortSummary[] {
  if (!isRunning(record)) return [];
  const found: PortSummary[] = [];
  for (const [port, bindings] of Object.entries(record.ports)) {
    const [number, Type = "tcp"] = port.split("/");
    const PrivatePort = Number(number);
    if (bindings === null || bindings.length === 0) {
      found.push({ PrivatePort, Type });
      continue;
    }
    for (const binding of bindings) found.push({ IP: binding.HostIp, PrivatePort, PublicPort: Number(binding.HostPort), Type });
  }
  return found.sort((a, b) => a.PrivatePort - b.PrivatePort || (a.Type < b.Type ? -1 : a.Type > b.Type ? 1 : 0));
}
