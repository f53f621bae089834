import type { RuntimeLinux } from "@berth/spec";
import type { SpecRequest } from "./request.ts";

type Namespaces = RuntimeLinux["namespaces"];

/** Which namespaces are new, joined by path, or the host's (left out). */
export function buildNamespaces(request: Pick<SpecRequest, "hostConfig" | "namespaces">): Namespaces {
  const { hostConfig, namespaces } = request;
  const list: Namespaces = [{ type: "mount" }];
  if (namespaces.network !== null) list.push({ type: "network", path: namespaces.network });
  if (hostConfig.UTSMode !== "host") list.push({ type: "uts" });
  if (hostConfig.PidMode !== "host") list.push(namespace("pid", namespaces.pid));
  if (hostConfig.IpcMode !== "host") list.push(namespace("ipc", namespaces.ipc));
  if (hostConfig.CgroupnsMode === "private") list.push({ type: "cgroup" });
  return list;
}

function namespace(type: string, path: string | null): Namespaces[number] {
  return path === null ? { type } : { type, path };
}
