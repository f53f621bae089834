import { expect, test } from "bun:test";
import { parseContainerPort, parseExposed, parseWishes } from "./parse.ts";
import { portMap } from "./published.ts";

test.each([
  ["80", { protocol: "tcp", port: 80 }],
  ["80/tcp", { protocol: "tcp", port: 80 }],
  ["53/UDP", { protocol: "udp", port: 53 }],
])("container port %s", (text, port) => {
  expect(parseContainerPort(text)).toEqual(port);
});

test.each(["", "abc", "70000/tcp", "-1", "80-82/tcp"])("%p is no container port", (text) => {
  expect(() => parseContainerPort(text)).toThrow("invalid port specification");
});

test("wishes: addresses, ranges, ephemeral ports, in the order of the ports", () => {
  const bindings = {
    "80/tcp": [
      { HostIp: "", HostPort: "8080" },
      { HostIp: "127.0.0.1", HostPort: "9000-9010" },
      { HostIp: "nope", HostPort: "" },
    ],
    "53/udp": [{ HostIp: "::1", HostPort: "0" }],
    "99/tcp": null,
  };
  expect(parseWishes({ bindings, exposed: ["80/tcp"], publishAll: false })).toEqual([
    { protocol: "udp", port: 53, hostIp: "::1", first: 0, last: 0 },
    { protocol: "tcp", port: 80, hostIp: null, first: 8080, last: 8080 },
    { protocol: "tcp", port: 80, hostIp: "127.0.0.1", first: 9000, last: 9010 },
    { protocol: "tcp", port: 80, hostIp: null, first: 0, last: 0 },
  ]);
});

test("publish all leaves out what has a binding", () => {
  const wishes = parseWishes({ bindings: { "80/tcp": [{ HostIp: "", HostPort: "1" }] }, exposed: ["80", "81-82/udp"], publishAll: true });
  expect(wishes.map((wish) => `${wish.port}/${wish.protocol} ${wish.first}`)).toEqual(["80/tcp 1", "81/udp 0", "82/udp 0"]);
});

test.each(["99999", "9-5", "1-2-3", "x", "1-"])("host port %p is refused", (HostPort) => {
  const bindings = { "80/tcp": [{ HostIp: "", HostPort }] };
  expect(() => parseWishes({ bindings, exposed: [], publishAll: false })).toThrow(`invalid port specification: "${HostPort}"`);
});

test("a flood of exposed ports is refused", () => {
  expect(parseExposed(["0-65535/tcp"])).toHaveLength(65_536);
  expect(() => parseExposed(Array.from({ length: 1000 }, (_, index) => `0-65535/p${index}`))).toThrow("more than 65536 exposed ports");
});

test("the map of ports shows exposed ones without a binding as null", () => {
  expect(parseExposed(["5-6"])).toHaveLength(2);
  const published = { protocol: "tcp", port: 80, hostIp: "0.0.0.0", hostPort: 8080 };
  expect(portMap(["80/tcp", "99/udp"], [published, { ...published, hostIp: "::" }])).toEqual({
    "80/tcp": [
      { HostIp: "0.0.0.0", HostPort: "8080" },
      { HostIp: "::", HostPort: "8080" },
    ],
    "99/udp": null,
  });
});
