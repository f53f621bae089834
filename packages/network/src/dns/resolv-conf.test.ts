import { expect, test } from "bun:test";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { readHostResolvConf, resolvConf } from "./resolv-conf.ts";

const none = { dns: [], options: [], search: [], hostNamespace: false };
const host = "# by hand\nsearch corp.example\nnameserver 10.0.0.1\noptions ndots:2\n";

test("without options the host's file is taken as it is", () => {
  expect(resolvConf(host, none)).toBe(host);
});

test("loopback and IPv6 resolvers are dropped, the public ones come when none is left", () => {
  const mixed = "search a.b\nnameserver 127.0.0.1\nnameserver 10.0.0.1\nnameserver ::1\nnameserver fe80::1%eth0\n";
  expect(resolvConf(mixed, none)).toBe("search a.b\nnameserver 10.0.0.1\n");
  expect(resolvConf("nameserver 127.0.0.53\noptions edns0\n", none)).toBe("options edns0\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n");
  expect(resolvConf("", none)).toBe("nameserver 8.8.8.8\nnameserver 8.8.4.4\n");
});

test("in the host's own namespace nothing is dropped", () => {
  expect(resolvConf("nameserver 127.0.0.53\n", { ...none, hostNamespace: true })).toBe("nameserver 127.0.0.53\n");
  expect(resolvConf("nameserver ::1\n", { ...none, hostNamespace: true, search: ["x"] })).toBe("search x\nnameserver ::1\n");
});

test("options replace the host's, each kind by itself", () => {
  expect(resolvConf(host, { ...none, dns: ["1.1.1.1", "9.9.9.9"] })).toBe(
    "search corp.example\nnameserver 1.1.1.1\nnameserver 9.9.9.9\noptions ndots:2\n",
  );
  expect(resolvConf(host, { ...none, search: ["x.y", "z"], options: ["ndots:5", "rotate"] })).toBe(
    "search x.y z\nnameserver 10.0.0.1\noptions ndots:5 rotate\n",
  );
  expect(resolvConf(host, { ...none, search: ["."] })).toBe("nameserver 10.0.0.1\noptions ndots:2\n");
});

test("systemd-resolved's list is read when the host only names its stub", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "resolv-"));
  const [first, second] = [path.join(folder, "etc"), path.join(folder, "run")];
  fs.writeFileSync(first, "nameserver 127.0.0.53\n");
  expect(readHostResolvConf([first, second])).toBe("nameserver 127.0.0.53\n");
  fs.writeFileSync(second, "nameserver 10.1.1.1\n");
  expect(readHostResolvConf([first, second])).toBe("nameserver 10.1.1.1\n");
  fs.writeFileSync(first, "nameserver 127.0.0.53\nnameserver 10.2.2.2\n");
  expect(readHostResolvConf([first, second])).toBe("nameserver 127.0.0.53\nnameserver 10.2.2.2\n");
  expect(readHostResolvConf([path.join(folder, "missing"), second])).toBe("");
  fs.rmSync(folder, { recursive: true });
});
