import type { Core } from "../core.ts";
import type { MountRecord, ContainerRecord } from "./record.ts";

/** Tells of something that happened to a container: all its labels, its image and its name are attributes. */
export function emitContainerEvent(
  core: Pick<Core, "bus">,
  record: ContainerRecord,
  action: string,
  more: Readonly<Record<string, string>> = {},
): void {
  core.bus.emit({
    type: "container",
    action,
    id: record.id,
    attributes: { ...record.config.Labels, ...more, image: record.config.Image, name: record.name },
  });
}

/** Tells that a container got or lost its place in a network. */
export function emitNetworkEvent(core: Pick<Core, "bus" | "networks">, record: ContainerRecord, action: "connect" | "disconnect"): void {
  for (const [name, endpoint] of Object.entries(record.network?.Networks ?? {})) {
    core.bus.emit({
      type: "network",
      action,
      id: endpoint.NetworkID,
      attributes: { container: record.id, name, type: networkType(name) },
    });
  }
}

function networkType(name: string): string {
  return name === "none" ? "null" : name === "host" ? "host" : "bridge";
}

/** Tells that volumes were mounted into or unmounted from a container. */
export function emitVolumeEvents(core: Pick<Core, "bus">, record: ContainerRecord, action: "mount" | "unmount"): void {
  for (const mount of record.mounts) {
    if (mount.type !== "volume") continue;
    core.bus.emit({
      type: "volume",
      action,
      id: mount.name,
      attributes: action === "mount" ? mountAttributes(record, mount) : { container: record.id, driver: mount.driver },
    });
  }
}

function mountAttributes(record: ContainerRecord, mount: MountRecord): Record<string, string> {
  return {
    container: record.id,
    destination: mount.destination,
    driver: mount.driver,
    propagation: mount.propagation,
    "read/write": String(mount.rw),
  };
}
