import { expect, test } from "bun:test";
import { ipamConfigs } from "./ipam.ts";

const nothing = { subnets: [], ranges: [], gateways: [], auxiliary: {} };

test("each flag goes to the subnet that it lies in", () => {
  expect(ipamConfigs(nothing)).toEqual([]);
  expect(
    ipamConfigs({
      subnets: ["10.5.0.0/16", "fd00::/64"],
      ranges: ["10.5.3.0/24"],
      gateways: ["fd00::9", "10.5.0.254"],
      auxiliary: { printer: "10.5.0.7" },
    }),
  ).toEqual([
    { Subnet: "10.5.0.0/16", IPRange: "10.5.3.0/24", Gateway: "10.5.0.254", AuxiliaryAddresses: { printer: "10.5.0.7" } },
    { Subnet: "fd00::/64", Gateway: "fd00::9" },
  ]);
});

test.each([
  [{ ...nothing, gateways: ["10.0.0.1"] }, "every ip-range or gateway must have a corresponding subnet"],
  [{ ...nothing, subnets: ["bogus"] }, "invalid subnet bogus: expected an address and a number of bits, like 10.5.0.0/16"],
  [{ ...nothing, subnets: ["10.0.0.0/8", "10.5.0.0/16"] }, "multiple overlapping subnet configuration is not supported"],
  [{ ...nothing, subnets: ["10.5.0.0/16"], gateways: ["10.6.0.1"] }, "no matching subnet for gateway 10.6.0.1"],
  [{ ...nothing, subnets: ["10.5.0.0/16"], auxiliary: { a: "x" } }, "no matching subnet for aux-address x"],
])("%j is refused", (flags, words) => {
  expect(() => ipamConfigs(flags)).toThrow(words);
});
