import { fail } from "@berth/base";
import { parseExposed, parseWishes } from "../port/parse.ts";
import type { SandboxRequest } from "../ports.ts";

/** `HostConfig.NetworkMode` and what it means here. */
export type NetworkMode =
  | { readonly kind: "bridge" | "none" | "host" }
  | { readonly kind: "container"; readonly id: string }
  | { readonly kind: "named"; readonly name: string };

/** Reads a mode; an empty one is the default. */
export function parseMode(mode: string): NetworkMode {
  switch (mode) {
    case "":
    case "default":
    case "bridge":
      return { kind: "bridge" };
    case "none":
    case "host":
      return { kind: mode };
    default:
      return mode.startsWith("container:") ? { kind: "container", id: mode.slice("container:".length) } : { kind: "named", name: mode };
  }
}

/**
 * What Docker refuses at create.
 * @throws invalid with Docker's words
 */
export function checkRequest(request: SandboxRequest): void {
  const { kind } = parseMode(request.mode);
  parseWishes(request);
  const exposed = parseExposed(request.exposed);
  if (kind === "container" && (Object.keys(request.bindings).length > 0 || request.publishAll)) {
    throw fail("invalid", "conflicting options: port publishing and the container type network mode");
  }
  if (kind === "container" && exposed.length > 0) {
    throw fail("invalid", "conflicting options: port exposing and the container type network mode");
  }
  if ((kind === "container" || kind === "host") && request.macAddress !== null) {
    throw fail("invalid", "conflicting options: mac-address and the network mode");
  }
}

/**
 * What Docker refuses at the start of a container on the default bridge.
 * @throws invalid, not-found with Docker's words
 */
export function checkEndpoints(request: SandboxRequest): void {
  for (const [name, endpoint] of Object.entries(request.endpoints ?? {})) {
    if (!["bridge", "default", "none", "host"].includes(name)) throw fail("not-found", `network ${name} not found`);
    const ipam = endpoint?.IPAMConfig;
    if ((ipam?.IPv4Address ?? "") !== "" || (ipam?.IPv6Address ?? "") !== "") {
      throw fail("invalid", "user specified IP address is supported on user defined networks only");
    }
    if ((endpoint?.Aliases?.length ?? 0) > 0 && name !== "bridge" && name !== "default") {
      throw fail("invalid", "network-scoped alias is supported only for containers in user defined networks");
    }
  }
}
