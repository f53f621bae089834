import type { ContainerSummary, PortSummary } from "@berth/spec";
import { familiarString, formatDuration, formatLocalTime, formatSize, parseReference, quoteGo } from "@berth/spec";
import { shortId } from "@berth/base";
import type { Headers, Row } from "../format/rows.ts";
import { ellipsis } from "../format/text.ts";

/** The words above the columns of `ps`. */
export const containerHeaders: Headers = {
  ID: "CONTAINER ID",
  Names: "NAMES",
  Image: "IMAGE",
  Command: "COMMAND",
  CreatedAt: "CREATED AT",
  RunningFor: "CREATED",
  Ports: "PORTS",
  State: "STATE",
  Status: "STATUS",
  Size: "SIZE",
  Labels: "LABELS",
  Mounts: "MOUNTS",
  LocalVolumes: "LOCAL VOLUMES",
  Networks: "NETWORKS",
  Platform: "PLATFORM",
};

/** A container as the fields of `ps --format`; of a thousand containers few fields are asked for, so most are made when they are. */
export function containerRow(container: ContainerSummary, how: { readonly trunc: boolean; readonly nowMs: number }): Row {
  const { trunc, nowMs } = how;
  return {
    ID: trunc ? shortId(container.Id) : container.Id,
    get Names() {
      return names(container.Names ?? [], trunc);
    },
    get Image() {
      return trunc ? imageName(container) : container.Image || "<no image>";
    },
    get Command() {
      return quoteGo(trunc ? ellipsis(container.Command, 20) : container.Command);
    },
    get CreatedAt() {
      return formatLocalTime(container.Created);
    },
    get RunningFor() {
      return `${formatDuration(nowMs - container.Created * 1000)} ago`;
    },
    get Ports() {
      return displayPorts(container.Ports ?? []);
    },
    State: container.State,
    Status: container.Status,
    get Size() {
      return size(container);
    },
    get Labels() {
      const labels = Object.entries(container.Labels ?? {}).map(([key, value]) => `${key}=${value}`);
      return labels.sort().join(",");
    },
    Label: (name: string) => container.Labels?.[name] ?? "",
    get Mounts() {
      const mounts = (container.Mounts ?? []).map((mount) => mount.Name || mount.Source);
      return mounts.map((name) => (trunc ? ellipsis(name, 15) : name)).join(",");
    },
    get LocalVolumes() {
      return String((container.Mounts ?? []).filter((mount) => mount.Driver === "local").length);
    },
    Platform: null,
    get Networks() {
      return Object.keys(container.NetworkSettings?.Networks ?? {}).join(",");
    },
  };
}

function names(all: readonly string[], trunc: boolean): string {
  const bare = all.map((name) => name.replace(/^\//, ""));
  // A name with a slash inside is a link of another container to this one.
  return trunc ? (bare.find((name) => !name.includes("/")) ?? "") : bare.join(",");
}

function imageName(container: ContainerSummary): string {
  const { Image: image, ImageID: id } = container;
  if (image === "") return "<no image>";
  if (shortId(image) === shortId(id) && id !== "") return shortId(image);
  if (!image.includes("@")) return image;
  try {
    const reference = { ...parseReference(image), digest: null };
    return familiarString(reference);
  } catch {
    return image;
  }
}

function size(container: ContainerSummary): string {
  const own = formatSize(container.SizeRw ?? 0, 3);
  const whole = container.SizeRootFs ?? 0;
  return whole > 0 ? `${own} (virtual ${formatSize(whole, 3)})` : own;
}

/** Ports as `ps` shows them: neighbours as a range, those published under another number one by one. */
export function displayPorts(ports: readonly PortSummary[]): string {
  const groups = new Map<string, { first: number; last: number }>();
  const closed: string[] = [];
  const mapped: string[] = [];
  for (const port of [...ports].sort(comparePorts)) {
    const { IP: ip, PrivatePort: inside, PublicPort: outside, Type: type } = port;
    if (ip && outside !== inside) {
      mapped.push(`${withPort(ip, String(outside ?? 0))}->${inside}/${type}`);
      continue;
    }
    const key = ip ? `${ip}/${type}` : type;
    const group = groups.get(key);
    if (group !== undefined && inside === group.last + 1) {
      group.last = inside;
      continue;
    }
    if (group !== undefined) closed.push(groupText(key, group));
    groups.set(key, { first: inside, last: inside });
  }
  return [...closed, ...[...groups].map(([key, group]) => groupText(key, group)), ...mapped].join(", ");
}

function groupText(key: string, group: { readonly first: number; readonly last: number }): string {
  const range = group.first === group.last ? String(group.first) : `${group.first}-${group.last}`;
  const slash = key.lastIndexOf("/");
  if (slash === -1) return `${range}/${key}`;
  return `${withPort(key.slice(0, slash), range)}->${range}/${key.slice(slash + 1)}`;
}

function withPort(ip: string, port: string): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function comparePorts(left: PortSummary, right: PortSummary): number {
  return (
    left.PrivatePort - right.PrivatePort ||
    compareText(left.IP ?? "", right.IP ?? "") ||
    (left.PublicPort ?? 0) - (right.PublicPort ?? 0) ||
    compareText(left.Type, right.Type)
  );
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
