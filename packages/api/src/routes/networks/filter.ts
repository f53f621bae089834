import { fail } from "@berth/base";
import { isPredefined, type NetworkSummary } from "@berth/network";
import type { Filters } from "@berth/spec";

type Test = (network: NetworkSummary, value: string) => boolean;

/** Each filter that GET /networks knows. Values of one key are alternatives, except labels. */
const tests: Readonly<Record<string, Test>> = {
  driver: (network, value) => network.driver === value,
  id: (network, value) => network.id.startsWith(value),
  name: (network, value) => network.name.includes(value),
  scope: (network, value) => network.scope === value,
  type: (network, value) => isPredefined(network.name) === (value === "builtin"),
  dangling: (network, value) =>
    (!isPredefined(network.name) && Object.keys(network.endpoints).length === 0) === (value === "true" || value === "1"),
  label: (network, value) => {
    const [key = "", ...rest] = value.split("=");
    return Object.hasOwn(network.labels, key) && (rest.length === 0 || network.labels[key] === rest.join("="));
  },
};

/** The networks that fit. Throws invalid for an unknown filter or value. */
export function filterNetworks(networks: readonly NetworkSummary[], filters: Filters): NetworkSummary[] {
  for (const [key, values] of Object.entries(filters)) {
    if (!Object.hasOwn(tests, key)) throw fail("invalid", `Invalid filter '${key}'`);
    if (key === "type") checkType(values);
  }
  return networks.filter((network) =>
    Object.entries(filters).every(([key, values]) => {
      const fits = (value: string): boolean => tests[key]?.(network, value) ?? false;
      return values.length === 0 || (key === "label" ? values.every(fits) : values.some(fits));
    }),
  );
}

function checkType(values: readonly string[]): void {
  for (const value of values) {
    if (value !== "builtin" && value !== "custom") throw fail("invalid", `invalid filter: 'type'='${value}'`);
  }
}
