import { readFileSync } from "node:fs";
import path from "node:path";

/** An endpoint of the Engine API. */
export interface Endpoint {
  /** `POST /containers/{id}/start`. */
  readonly name: string;
  /** `?t`, `filters.label`, `HostConfig.Memory`. */
  readonly parameters: readonly string[];
}

/** Which version of the API the list was read from. */
export const apiVersion = "1.51";

/** Every endpoint but those of swarm and plugins. */
export function readEndpoints(): readonly Endpoint[] {
  return readFileSync(path.join(import.meta.dir, `engine-api-${apiVersion}.txt`), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const at = line.indexOf(":");
      return {
        name: line.slice(0, at),
        parameters: line
          .slice(at + 1)
          .split(" ")
          .filter((word) => word !== ""),
      };
    });
}

/** A request as it was sent. */
export interface SentRequest {
  readonly method: string;
  /** With its query, without the version. */
  readonly path: string;
  readonly body?: unknown;
}

/** What a request uses: its endpoint, and `endpoint parameter` for each parameter. Empty for an address that Docker does not have. */
export function itemsOfRequest(endpoints: readonly Endpoint[], request: SentRequest): string[] {
  const [pathname = "", query = ""] = request.path.split("?", 2);
  const endpoint = endpoints.find(({ name }) => pattern(name).test(`${request.method} ${pathname}`));
  if (endpoint === undefined) return [];
  const parameters = [...queryParameters(query), ...bodyKeys(request.body)];
  return [endpoint.name, ...parameters.filter((one) => endpoint.parameters.includes(one)).map((one) => `${endpoint.name} ${one}`)];
}

function pattern(name: string): RegExp {
  const text = name
    .replaceAll(".", "\\.")
    .replaceAll("{name}", ".+")
    .replaceAll(/\{\w+\}/g, "[^/]+");
  return new RegExp(`^${text}$`);
}

function queryParameters(query: string): string[] {
  return [...new URLSearchParams(query)].flatMap(([name, value]) => (name === "filters" ? filterNames(value) : [`?${name}`]));
}

function filterNames(text: string): string[] {
  try {
    return Object.keys(JSON.parse(text) as object).map((name) => `filters.${name}`);
  } catch {
    // Some cases send filters that are no JSON on purpose.
    return [];
  }
}

function bodyKeys(body: unknown): string[] {
  if (body === null || typeof body !== "object") return [];
  return Object.entries(body).flatMap(([name, value]) =>
    name === "HostConfig" ? bodyKeys(value).map((key) => `HostConfig.${key}`) : [name],
  );
}
