import { expect, test } from "bun:test";
import { formatListenAddress, isLoopback, parseListenAddress } from "./parse.ts";

const options = { tls: false, defaultUnixPath: "/run/berth/berth.sock" };

test("the forms of -H", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "unix:///run/berth/berth.sock"],
    ["unix://", "unix:///run/berth/berth.sock"],
    ["unix:///a/b.sock", "unix:///a/b.sock"],
    ["tcp://0.0.0.0:2375", "tcp://0.0.0.0:2375"],
    ["tcp://", "tcp://127.0.0.1:2375"],
    [":5000", "tcp://127.0.0.1:5000"],
    ["tcp://[::1]:77", "tcp://[::1]:77"],
    ["fd://", "fd://"],
  ];
  for (const [text, formatted] of cases) expect(formatListenAddress(parseListenAddress(text, options))).toBe(formatted);
  expect(parseListenAddress("tcp://10.0.0.1", { ...options, tls: true })).toEqual({ kind: "tcp", host: "10.0.0.1", port: 2376 });
});

test("bad addresses are refused", () => {
  for (const bad of ["http://x", "tcp://host:99999", "tcp://a:b", "unix://relative", "tcp://h:1/path"]) {
    expect(() => parseListenAddress(bad, options)).toThrow();
  }
});

test("loopback", () => {
  expect(["localhost", "127.0.0.1", "127.9.9.9", "::1"].every(isLoopback)).toBe(true);
  expect(["0.0.0.0", "::", "10.0.0.1", "127.example.org"].some(isLoopback)).toBe(false);
});
