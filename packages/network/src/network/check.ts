import { fail } from "@berth/base";
import type { NetworkCreateRequest } from "@berth/spec";
import { isPredefined } from "../predefined.ts";

const nameMax = 255;

/**
 * What is refused before anything is looked up: networks of kinds that this engine has not, and wishes that would be without effect.
 * @throws forbidden, not-found, invalid with Docker's words; not-implemented
 */
export function checkNetworkRequest(request: NetworkCreateRequest): void {
  const name = request.Name ?? "";
  if (isPredefined(name) || name === "default" || name === "ingress") {
    throw fail("forbidden", `operation is not permitted on predefined ${name} network `);
  }
  checkDriver(request.Driver ?? "");
  if (request.Ingress === true) throw fail("forbidden", "Ingress network can only be global scope network");
  const scope = request.Scope ?? "";
  if (scope === "swarm") throw fail("forbidden", "cannot create a swarm scoped network when swarm is not active");
  if (scope !== "" && scope !== "local") throw fail("invalid", `invalid network scope ${JSON.stringify(scope)}`);
  refuse(request.ConfigOnly === true || (request.ConfigFrom?.Network ?? "") !== "", "networks that only hold a configuration");
  refuse(request.EnableIPv6 === true, "IPv6 in networks");
  refuse(request.EnableIPv4 === false, "networks without IPv4");
  if (name.trim() === "") throw fail("invalid", `invalid name: ${name}`);
  // A mode of that form means another container's network.
  if (name.length > nameMax || name.startsWith("container:") || hasControl(name)) throw fail("invalid", `invalid name: ${name}`);
}

function checkDriver(driver: string): void {
  switch (driver) {
    case "":
    case "bridge":
    case "default":
      return;
    case "host":
    case "null":
      throw fail("forbidden", `only one instance of ${JSON.stringify(driver)} network is allowed`);
    case "overlay":
      throw fail(
        "unavailable",
        'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
      );
    case "macvlan":
    case "ipvlan":
      throw fail("not-implemented", `not supported by this version of Berth: the network driver ${driver}`);
    default:
      throw fail("not-found", `plugin ${JSON.stringify(driver)} not found`);
  }
}

function refuse(wanted: boolean, what: string): void {
  if (wanted) throw fail("not-implemented", `not supported by this version of Berth: ${what}`);
}

function hasControl(text: string): boolean {
  return text.split("").some((unit) => unit < " " || unit === "\u007f");
}
