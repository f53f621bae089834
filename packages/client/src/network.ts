import type { NetworkCreateRequest } from "@berth/spec";
import type { Connection } from "./connection/connection.ts";
import { pathPart } from "./connection/connection.ts";
import type { FilterValues } from "./filters.ts";
import { encodeFilters } from "./filters.ts";

/** A row of GET /networks. */
export interface NetworkSummary {
  readonly Name: string;
  readonly Id: string;
  readonly Created: string;
  readonly Scope: string;
  readonly Driver: string;
  readonly EnableIPv4?: boolean;
  readonly EnableIPv6: boolean;
  readonly Internal: boolean;
  readonly Labels: Readonly<Record<string, string>> | null;
}

/** GET /networks. */
export function listNetworks(engine: Connection, filters?: FilterValues): Promise<NetworkSummary[]> {
  return engine.json({ method: "GET", path: "/networks", query: { filters: encodeFilters(filters) } });
}

/** GET /networks/{id}. */
export function inspectNetwork(
  engine: Connection,
  name: string,
  options: { readonly verbose?: boolean; readonly scope?: string } = {},
): Promise<object> {
  const query = { verbose: options.verbose || undefined, scope: options.scope || undefined };
  return engine.json({ method: "GET", path: `/networks/${pathPart(name)}`, query });
}

/** POST /networks/create. The id, and what the engine warns of. */
export function createNetwork(
  engine: Connection,
  request: NetworkCreateRequest,
): Promise<{ readonly Id: string; readonly Warning: string }> {
  return engine.json({ method: "POST", path: "/networks/create", json: request });
}

/** DELETE /networks/{id}. */
export function removeNetwork(engine: Connection, name: string): Promise<void> {
  return engine.done({ method: "DELETE", path: `/networks/${pathPart(name)}` });
}

/** GET /volumes/{name}. */
export function inspectVolume(engine: Connection, name: string): Promise<object> {
  return engine.json({ method: "GET", path: `/volumes/${pathPart(name)}` });
}
