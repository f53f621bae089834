import { expect, test } from "bun:test";
import { chooseAddress, restMs } from "./choose-address.ts";
import { chooseSubnet } from "./choose-subnet.ts";
import { ipv4Network, ipv4Number, ipv4Text, macOf, networkText, overlap, parseCidr } from "./ipv4.ts";

const network = ipv4Network("172.17.0.0", 29);
const gateway = ipv4Number("172.17.0.1");

function choose(
  containerId: string,
  uses: readonly (readonly [address: string, containerId: string, releasedAtMs: number | null])[],
): string {
  const all = uses.map(([address, owner, releasedAtMs]) => ({ address: ipv4Number(address), containerId: owner, releasedAtMs }));
  return ipv4Text(chooseAddress({ network, gateway, containerId, nowMs: 100_000, uses: all }));
}

test("the lowest free address is given, never network, gateway or broadcast", () => {
  expect(choose("a", [])).toBe("172.17.0.2");
  expect(
    choose("c", [
      ["172.17.0.2", "a", null],
      ["172.17.0.4", "b", null],
    ]),
  ).toBe("172.17.0.3");
  const full = [2, 3, 4, 5, 6].map((last) => [`172.17.0.${last}`, `c${last}`, null] as const);
  expect(() => choose("x", full)).toThrow("no available IPv4 addresses");
});

test("a released address rests, except for its own container", () => {
  expect(choose("b", [["172.17.0.2", "a", 99_000]])).toBe("172.17.0.3");
  expect(choose("a", [["172.17.0.2", "a", 99_000]])).toBe("172.17.0.2");
  expect(choose("b", [["172.17.0.2", "a", 100_000 - restMs]])).toBe("172.17.0.2");
});

test("when all others are in use the one that rested longest is given", () => {
  const uses = [2, 3, 4].map((last) => [`172.17.0.${last}`, `c${last}`, null] as const);
  expect(choose("x", [...uses, ["172.17.0.5", "a", 99_500], ["172.17.0.6", "b", 99_000]])).toBe("172.17.0.6");
});

test("an address of a former subnet is not given again", () => {
  expect(choose("a", [["10.0.0.9", "a", 99_000]])).toBe("172.17.0.2");
});

test("subnets: the first pool that nothing overlaps", () => {
  const taken = (...texts: readonly string[]) => texts.map((text) => parseCidr(text).network);
  expect(networkText(chooseSubnet([]))).toBe("172.17.0.0/16");
  expect(networkText(chooseSubnet(taken("172.17.5.1/24", "172.18.0.0/15", "10.0.0.0/8")))).toBe("172.20.0.0/16");
  expect(networkText(chooseSubnet(taken("172.16.0.0/12")))).toBe("192.168.0.0/20");
  expect(networkText(chooseSubnet(taken("172.16.0.0/12", "192.168.1.0/24")))).toBe("192.168.16.0/20");
  expect(() => chooseSubnet(taken("128.0.0.0/1"))).toThrow("non-overlapping IPv4 address pool");
});

test("networks and MAC addresses", () => {
  expect(parseCidr("172.30.0.1/16")).toEqual({ address: "172.30.0.1", network: ipv4Network("172.30.0.0", 16) });
  expect(overlap(ipv4Network("10.0.0.0", 8), ipv4Network("10.1.0.0", 16))).toBe(true);
  expect(overlap(ipv4Network("10.0.0.0", 16), ipv4Network("10.1.0.0", 16))).toBe(false);
  expect(ipv4Text(ipv4Number("255.254.1.0"))).toBe("255.254.1.0");
  expect(macOf("172.17.0.10")).toBe("02:42:ac:11:00:0a");
  for (const bad of ["172.30.0.1", "172.30.0.1/31", "nope/16", "172.30.0.1/x"])
    expect(() => parseCidr(bad)).toThrow("invalid CIDR address");
});
