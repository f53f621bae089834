import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { openWorker } from "@berth/base";
import { openKernel } from "../kernel/open-kernel.ts";
import type { Netlink } from "../ports.ts";
import { inPrivateNetwork } from "../testing/private-network.ts";
import { openNetlink } from "./open-netlink.ts";

test("the worker answers a ping", async () => {
  const worker = openWorker("packages/linux/src/netlink/netlink.worker.ts");
  const answer = new Promise((resolve) => {
    worker.onmessage = (event: MessageEvent<unknown>) => resolve(event.data);
  });
  worker.postMessage({ kind: "ping" });
  expect(await answer).toEqual({ kind: "pong" });
  worker.terminate();
});

inPrivateNetwork(import.meta.path, () => {
  const netlink: Netlink = openNetlink();
  const kernel = openKernel();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "netlink-test-"));

  /** A network namespace kept by a bind mount, which ends with this process's mount namespace. */
  function namespace(name: string): string {
    const file = path.join(folder, name);
    fs.writeFileSync(file, "");
    execFileSync("unshare", [`--net=${file}`, "ip", "link", "set", "lo", "up"]);
    return file;
  }

  function endpoint(hostName: string, at: string, changes: object = {}): Parameters<Netlink["createEndpoint"]>[0] {
    const mac = "02:42:ac:11:00:02";
    const addresses = [{ address: "172.17.0.2", prefixLength: 16 }];
    return {
      hostName,
      bridge: "br0",
      namespace: at,
      name: "eth0",
      mac,
      addresses,
      gateway: "172.17.0.1",
      mtu: 1400,
      hairpin: true,
      isolated: false,
      ...changes,
    };
  }

  beforeAll(async () => {
    execFileSync("mount", ["-t", "sysfs", "sysfs", "/sys"]);
    await netlink.setLinkUp("lo");
    await netlink.createBridge({ name: "br0", mac: "02:42:ac:11:00:01", mtu: 1400 });
    await netlink.addAddress("br0", { address: "172.17.0.1", prefixLength: 16 });
    await netlink.setLinkUp("br0");
  });

  afterAll(async () => {
    await netlink.close();
    for (const name of fs.readdirSync(folder)) execFileSync("umount", [path.join(folder, name)]);
    fs.rmSync(folder, { recursive: true });
  });

  test("a bridge has its name, MAC, MTU, address and route", async () => {
    const bridge = await netlink.link("br0");
    expect(bridge).toMatchObject({ name: "br0", kind: "bridge", mac: "02:42:ac:11:00:01", mtu: 1400, up: true, masterIndex: null });
    expect(await netlink.addresses()).toContainEqual({ address: "172.17.0.1", prefixLength: 16, linkIndex: bridge?.index ?? -1 });
    expect(await netlink.routes()).toContainEqual({
      destination: { address: "172.17.0.0", prefixLength: 16 },
      gateway: null,
      linkIndex: bridge?.index ?? -1,
    });
    expect(await netlink.link("nope")).toBeNull();
    expect(await failureOf(netlink.createBridge({ name: "br0" }))).toMatchObject({ code: "EEXIST", kind: "conflict" });
    await netlink.addAddress("br0", { address: "172.17.0.1", prefixLength: 16 });
  });

  test("an endpoint is complete and its peer answers", async () => {
    const at = namespace("whole");
    await netlink.createEndpoint(endpoint("vethwhole", at));
    const bridge = await netlink.link("br0");
    expect(await netlink.link("vethwhole")).toMatchObject({ kind: "veth", up: true, mtu: 1400, masterIndex: bridge?.index ?? -1 });
    expect(await netlink.link("eth0", at)).toMatchObject({ kind: "veth", up: true, mtu: 1400, mac: "02:42:ac:11:00:02" });
    expect(fs.readFileSync("/sys/class/net/vethwhole/brport/hairpin_mode", "utf8")).toBe("1\n");
    const routes = await netlink.routes(at);
    expect(routes.map((route) => route.gateway)).toContain("172.17.0.1");
    const inside = await netlink.addresses(at);
    expect(inside.map((address) => address.address).toSorted()).toEqual(["127.0.0.1", "172.17.0.2", "::1"]);
    execFileSync("busybox", ["ping", "-c", "1", "-W", "2", "172.17.0.2"]);
    await netlink.removeLink("vethwhole");
    expect(await netlink.link("eth0", at)).toBeNull();
    await netlink.removeLink("vethwhole");
  });

  test("a half made endpoint is undone", async () => {
    const at = namespace("undone");
    const failed = netlink.createEndpoint(endpoint("vethundone", at, { gateway: "10.9.9.9" }));
    expect(await failureOf(failed)).toMatchObject({ code: "ENETUNREACH", message: expect.stringContaining("Nexthop has invalid gateway") });
    expect(await netlink.link("vethundone")).toBeNull();
    expect(await netlink.link("eth0", at)).toBeNull();
    expect(await failureOf(netlink.createEndpoint(endpoint("vethundone", at, { bridge: "nope" })))).toMatchObject({
      code: "ENODEV",
      path: "nope",
    });
    expect(await failureOf(netlink.createEndpoint(endpoint("vethundone", path.join(folder, "missing"))))).toMatchObject({ code: "ENOENT" });
    expect(await failureOf(netlink.createEndpoint(endpoint("vethundone", at, { mac: "zz" })))).toMatchObject({ kind: "invalid" });
    expect(await netlink.link("vethundone")).toBeNull();
  });

  test("a name that is taken is told and the other link stays", async () => {
    const [first, second] = [namespace("first"), namespace("second")];
    await netlink.createEndpoint(endpoint("vethtaken", first));
    expect(await failureOf(netlink.createEndpoint(endpoint("vethtaken", second)))).toMatchObject({ code: "EEXIST" });
    expect(await netlink.link("eth0", first)).not.toBeNull();
    await netlink.removeLink("vethtaken");
  });

  test("the worker is in its own namespace after all of it", async () => {
    expect(await netlink.link("br0")).not.toBeNull();
    expect(await netlink.links(namespace("plain"))).toHaveLength(1);
  });

  test("a listing larger than one packet is whole", async () => {
    const addresses = Array.from({ length: 600 }, (_, index) => ({ address: `10.8.${index >> 8}.${index & 255}`, prefixLength: 32 }));
    await Promise.all(addresses.map((address) => netlink.addAddress("lo", address)));
    const found = new Set((await netlink.addresses()).map((one) => one.address));
    expect(addresses.filter((one) => !found.has(one.address))).toEqual([]);
  });

  test("a reserved port is refused to others and free after it is closed", async () => {
    const fd = await netlink.reservePort({ protocol: "tcp", address: "0.0.0.0", port: 8080 });
    expect(await failureOf(netlink.reservePort({ protocol: "tcp", address: "127.0.0.1", port: 8080 }))).toMatchObject({
      code: "EADDRINUSE",
    });
    expect(await listening(8080)).toBe("EADDRINUSE");
    expect(await connecting(8080)).toBe("ECONNREFUSED");
    const other = await netlink.reservePort({ protocol: "udp", address: "0.0.0.0", port: 8080 });
    expect(await failureOf(netlink.reservePort({ protocol: "udp", address: "127.0.0.1", port: 8080 }))).toMatchObject({
      code: "EADDRINUSE",
    });
    kernel.close(other);
    kernel.close(fd);
    expect(await listening(8080)).toBe("listening");
  });

  test("a port that a program has, or an address that the host lacks, is refused", async () => {
    const server = net.createServer().listen({ port: 8081, host: "127.0.0.1" });
    await new Promise((resolve) => server.once("listening", resolve));
    expect(await failureOf(netlink.reservePort({ protocol: "tcp", address: "0.0.0.0", port: 8081 }))).toMatchObject({ code: "EADDRINUSE" });
    expect(await failureOf(netlink.reservePort({ protocol: "tcp", address: "192.0.2.77", port: 8081 }))).toMatchObject({
      code: "EADDRNOTAVAIL",
    });
    server.close();
  });

  /** What a promise was rejected with. (bun:test's `rejects` waits without hearing Workers.) */
  async function failureOf(promise: Promise<unknown>): Promise<unknown> {
    try {
      await promise;
    } catch (error) {
      return error;
    }
    throw new Error("it did not fail");
  }

  function listening(port: number): Promise<string> {
    return new Promise((resolve) => {
      const server = net.createServer();
      server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      server.listen({ port, host: "0.0.0.0" }, () => server.close(() => resolve("listening")));
    });
  }

  function connecting(port: number): Promise<string> {
    return new Promise((resolve) => {
      const socket = net.connect({ port, host: "127.0.0.1" }, () => resolve("connected"));
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  }
});
