import { fail } from "@berth/base";
import type { ContainerChangeLine, ContainerChangeRequest, PortBinding, PortMap } from "@berth/spec";

/**
 * Published ports with what a request removes and adds. `PublishRemove` names ports of the container (`80/tcp`, all of its
 * bindings) or one binding, `8080:80/tcp` or `127.0.0.1:8080:80/tcp`. Throws invalid for one that is not there.
 */
export function changePorts(bindings: PortMap, request: ContainerChangeRequest, lines: ContainerChangeLine[]): PortMap {
  const now: Record<string, PortBinding[]> = {};
  for (const [port, list] of Object.entries(bindings)) now[withProtocol(port)] = (list ?? []).map((binding) => ({ ...binding }));
  for (const text of request.PublishRemove ?? []) remove(now, text, lines);
  for (const [port, list] of Object.entries(request.PublishAdd ?? {})) {
    const key = withProtocol(port);
    for (const binding of list ?? [{ HostIp: "", HostPort: "" }]) {
      const added = { HostIp: binding.HostIp ?? "", HostPort: binding.HostPort ?? "" };
      const there = (now[key] ??= []);
      if (there.some((each) => each.HostIp === added.HostIp && each.HostPort === added.HostPort && added.HostPort !== "")) continue;
      there.push(added);
      lines.push({ Kind: "port", Action: "add", Value: textOf(key, added) });
    }
  }
  return now;
}

function remove(now: Record<string, PortBinding[]>, text: string, lines: ContainerChangeLine[]): void {
  const at = text.lastIndexOf(":");
  const key = withProtocol(text.slice(at + 1));
  const host = at < 0 ? null : text.slice(0, at);
  const there = now[key] ?? [];
  const gone = there.filter((binding) => host === null || host === binding.HostPort || host === `${binding.HostIp}:${binding.HostPort}`);
  if (gone.length === 0) throw fail("invalid", `port ${text} is not published`);
  const left = there.filter((binding) => !gone.includes(binding));
  if (left.length === 0) delete now[key];
  else now[key] = left;
  for (const binding of gone) lines.push({ Kind: "port", Action: "remove", Value: textOf(key, binding) });
}

function withProtocol(port: string): string {
  return port.includes("/") ? port : `${port}/tcp`;
}

function textOf(port: string, { HostIp, HostPort }: PortBinding): string {
  const address = (HostIp ?? "") === "" ? "" : (HostIp ?? "").includes(":") ? `[${HostIp}]:` : `${HostIp}:`;
  return `${address}${HostPort === "" ? "(any)" : HostPort}->${port}`;
}
