import { expect, test } from "bun:test";
import type { NetworkSummary } from "@berth/network";
import { filterNetworks } from "./filter.ts";

const network: NetworkSummary = {
  id: "a",
  name: "web",
  driver: "bridge",
  scope: "local",
  createdAt: "",
  subnets: [],
  ipamOptions: null,
  internal: false,
  attachable: false,
  options: {},
  labels: { tier: "front" },
  endpoints: {},
};

test.each([
  ["tier", 1],
  ["tier=front", 1],
  ["tier=back", 0],
  ["constructor", 0],
  ["__proto__", 0],
])("label=%s finds %i", (label, found) => {
  expect(filterNetworks([network], { label: [label] })).toHaveLength(found);
});
