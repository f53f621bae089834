// slow
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { inPrivateNetwork } from "@berth/linux/testing";
import type { NetworkCreateRequest } from "@berth/spec";
import type { Networks, Sandbox } from "./ports.ts";
import { failureOf, ip, request, World } from "./testing/world.ts";

inPrivateNetwork(import.meta.path, () => {
  const world = new World();
  let networks: Networks;

  beforeAll(() => world.open());
  afterAll(() => world.close());
  beforeEach(async () => {
    networks = world.networks();
    await networks.open();
    await networks.recover(new Set());
  });
  afterEach(async () => {
    await networks.recover(new Set());
    for (const { name } of networks.list()) if (!["bridge", "host", "none"].includes(name)) await networks.remove(name);
    await networks.close();
  });

  const pathOf = (sandbox: Sandbox): string => sandbox.namespacePath ?? "";
  const refusal = async (body: NetworkCreateRequest): Promise<string> => {
    const { kind, message } = await failureOf(networks.create(body));
    return `${kind}: ${message}`;
  };
  const subnet = (config: object): NetworkCreateRequest => ({ Name: "x", IPAM: { Config: [config] } });
  const bridges = async (): Promise<string[]> =>
    (await world.netlink.links()).filter(({ kind }) => kind === "bridge").map(({ name }) => name);

  test("containers of one network reach each other and the outside, those of another only published ports", async () => {
    const web = await networks.create({ Name: "web" });
    await networks.create({ Name: "db" });
    expect(web.subnets).toEqual([{ subnet: "172.18.0.0/16", gateway: "172.18.0.1" }]);
    const published = { exposed: ["80/tcp"], bindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] } };
    const one = await networks.connect(request("one", { mode: "web", ...published }));
    const two = await networks.connect(request("two", { mode: web.id.slice(0, 12) }));
    const other = await networks.connect(request("other", { mode: "db" }));
    const plain = await networks.connect(request("plain"));
    expect(one.settings).toMatchObject({ IPAddress: "", Gateway: "", MacAddress: "", EndpointID: "" });
    expect(one.settings.Ports["80/tcp"]?.[0]?.HostPort).toBe("8080");
    expect(two.settings.Networks["web"]).toMatchObject({
      NetworkID: web.id,
      Gateway: "172.18.0.1",
      IPAddress: "172.18.0.3",
      IPPrefixLen: 16,
      MacAddress: "02:42:ac:12:00:03",
    });
    await world.serve(pathOf(one), "tcp", 80);
    await world.serve(world.far, "tcp", 81);
    expect(await world.ask(pathOf(two), "tcp", "172.18.0.2", 80)).toBe("172.18.0.3");
    expect(await world.ask(pathOf(two), "tcp", "10.99.0.2", 81)).toBe("10.99.0.1");
    expect(await world.ask(null, "tcp", "127.0.0.1", 8080)).toBe("172.18.0.1");
    expect(await world.ask(world.far, "tcp", "10.99.0.1", 8080)).toBe("10.99.0.2");
    expect(await world.ask(world.far, "tcp", "172.18.0.2", 80)).toBe("timeout");
    expect(await world.ask(pathOf(other), "tcp", "172.18.0.2", 80)).toBe("timeout");
    expect(await world.ask(pathOf(plain), "tcp", "172.18.0.2", 80)).toBe("timeout");
    expect(await world.ask(pathOf(other), "tcp", "10.99.0.1", 8080)).toBe("172.18.0.1");
    expect(await world.ask(pathOf(one), "tcp", "10.99.0.1", 8080)).toBe("172.18.0.1");
  }, 60_000);

  test("an internal network has no way out, none in, and publishes nothing", async () => {
    await networks.create({ Name: "vault", Internal: true });
    await networks.create({ Name: "web" });
    const published = { exposed: ["80/tcp"], bindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] } };
    const inside = await networks.connect(request("inside", { mode: "vault", ...published }));
    const second = await networks.connect(request("second", { mode: "vault" }));
    const outside = await networks.connect(request("outside", { mode: "web", ...published }));
    expect(inside.settings.Ports).toEqual({});
    const address = inside.settings.Networks["vault"]?.IPAddress ?? "";
    await world.serve(pathOf(inside), "tcp", 80);
    await world.serve(pathOf(outside), "tcp", 80);
    await world.serve(world.far, "tcp", 82);
    expect(await world.ask(pathOf(second), "tcp", address, 80)).toBe(second.settings.Networks["vault"]?.IPAddress ?? "");
    expect(await world.ask(null, "tcp", address, 80)).toBe(networks.inspect("vault").subnets[0]?.gateway ?? "");
    expect(await world.ask(pathOf(inside), "tcp", "10.99.0.2", 82)).toBe("timeout");
    expect(await world.ask(pathOf(inside), "tcp", "10.99.0.1", 8080)).toBe("timeout");
    expect(await world.ask(world.far, "tcp", address, 80)).toBe("timeout");
  }, 60_000);

  test("subnet, range, gateway, kept addresses, interface name and MTU are as asked", async () => {
    const config = { Subnet: "10.5.0.0/24", IPRange: "10.5.0.64/30", Gateway: "10.5.0.64", AuxiliaryAddresses: { printer: "10.5.0.66" } };
    const options = { "com.docker.network.bridge.name": "fixed0", "com.docker.network.driver.mtu": "1400" };
    const made = await networks.create({ Name: "fixed", IPAM: { Config: [config] }, Options: options, Labels: { a: "b" } });
    expect(made).toMatchObject({
      subnets: [{ subnet: "10.5.0.0/24", range: "10.5.0.64/30", gateway: "10.5.0.64", auxiliary: { printer: "10.5.0.66" } }],
      options,
      labels: { a: "b" },
    });
    const addresses = [];
    for (const name of ["a", "b"]) {
      addresses.push((await networks.connect(request(name, { mode: "fixed" }))).settings.Networks["fixed"]?.IPAddress);
    }
    expect(addresses).toEqual(["10.5.0.65", "10.5.0.67"]);
    expect(await failureOf(networks.connect(request("c", { mode: "fixed" })))).toMatchObject({ kind: "exhausted" });
    const asking = (address: string) => request("d", { mode: "fixed", endpoints: { fixed: { IPAMConfig: { IPv4Address: address } } } });
    expect((await failureOf(networks.connect(asking("10.5.0.65")))).message).toBe("Address already in use");
    expect((await failureOf(networks.connect(asking("10.5.0.64")))).message).toBe("Address already in use");
    expect((await failureOf(networks.connect(asking("10.6.0.1")))).message).toStartWith("Invalid address 10.6.0.1: ");
    const asked = await networks.connect(asking("10.5.0.200"));
    expect(asked.settings.Networks["fixed"]?.IPAddress).toBe("10.5.0.200");
    expect(ip("-o", "link", "show", "fixed0")).toContain("mtu 1400");
    const inside = execFileSync("nsenter", [`--net=${pathOf(asked)}`, "ip", "-o", "link", "show", "eth0"]).toString();
    expect(inside).toContain("mtu 1400");
    const chosen = await networks.create({ Name: "chosen" });
    const wish = request("e", { mode: "chosen", endpoints: { chosen: { IPAMConfig: { IPv4Address: "172.18.0.9" } } } });
    expect((await failureOf(networks.connect(wish))).message).toBe(
      "user specified IP address is supported only when connecting to networks with user configured subnets",
    );
    expect(chosen.subnets[0]?.subnet).toBe("172.18.0.0/16");
  });

  test("what cannot be is refused in Docker's words, and leaves nothing", async () => {
    await networks.create({
      Name: "taken",
      IPAM: { Config: [{ Subnet: "10.5.0.0/16" }] },
      Options: { "com.docker.network.bridge.name": "t0" },
    });
    expect(await refusal({ Name: "taken" })).toBe("conflict: network with name taken already exists");
    expect(await refusal({ Name: "host" })).toBe("forbidden: operation is not permitted on predefined host network ");
    expect(await refusal({ Name: " " })).toBe("invalid: invalid name:  ");
    expect(await refusal({ Name: "x", Driver: "nope" })).toBe('not-found: plugin "nope" not found');
    expect(await refusal({ Name: "x", EnableIPv6: true })).toStartWith("not-implemented: ");
    expect(await refusal({ Name: "x", Options: { unknown: "1" } })).toStartWith("not-implemented: ");
    expect(await refusal({ Name: "x", Options: { "com.docker.network.bridge.name": "t0" } })).toEndWith("networks have same bridge name");
    expect(await refusal({ Name: "x", Options: { "com.docker.network.bridge.name": "near0" } })).toStartWith("conflict: ");
    expect(await refusal({ Name: "x", Options: { "com.docker.network.bridge.name": "../../x" } })).toStartWith("invalid: ");
    expect(await refusal({ Name: "x", Options: { "com.docker.network.driver.mtu": "x" } })).toStartWith("invalid: failed to parse ");
    expect(await refusal(subnet({ Subnet: "10.5.1.0/24" }))).toBe("forbidden: Pool overlaps with other one on this address space");
    expect(await refusal(subnet({ Subnet: "172.17.0.0/24" }))).toBe("forbidden: Pool overlaps with other one on this address space");
    expect(await refusal(subnet({ Subnet: "bogus" }))).toBe("invalid: Invalid subnet bogus : invalid CIDR address: bogus");
    expect(await refusal(subnet({ Subnet: "fd00::/64" }))).toStartWith("not-implemented: ");
    expect(await refusal(subnet({ Subnet: "10.6.0.0/16", Gateway: "10.7.0.1" }))).toEndWith("Requested address is out of range");
    expect(await refusal(subnet({ Subnet: "10.6.0.0/16", IPRange: "10.7.0.0/24" }))).toStartWith("invalid: IP range 10.7.0.0/24 ");
    expect(await refusal(subnet({ Subnet: "10.6.0.0/31" }))).toStartWith("invalid: failed to allocate gateway");
    const two = { Name: "x", IPAM: { Config: [{ Subnet: "10.6.0.0/16" }, { Subnet: "10.7.0.0/16" }] } };
    expect(await refusal(two)).toBe("forbidden: bridge driver doesn't support multiple subnets");
    expect((await bridges()).toSorted()).toEqual(["berth0", "t0"]);
    expect(networks.list().map(({ name }) => name)).toEqual(["bridge", "host", "none", "taken"]);
    expect(await failureOf(networks.remove("bridge"))).toMatchObject({ kind: "forbidden" });
    await networks.connect(request("user", { mode: "taken" }));
    expect((await failureOf(networks.remove("taken"))).message).toBe(
      `error while removing network: network taken id ${networks.inspect("taken").id} has active endpoints`,
    );
    await networks.disconnect(request("user").containerId);
    await networks.remove("taken");
    expect(await bridges()).toEqual(["berth0"]);
    expect((await failureOf(networks.connect(request("late", { mode: "taken" })))).message).toBe("network taken not found");
    expect(execFileSync("nft", ["list", "ruleset"]).toString()).not.toContain('"t0"');
  });

  test("a daemon that comes back has its networks, also when the machine lost the bridges", async () => {
    const before = await networks.create({ Name: "kept", Labels: { a: "b" } });
    const runs = await networks.connect(request("runs", { mode: "kept" }));
    await networks.close();
    networks = world.networks();
    await networks.open();
    expect(await networks.adopt(request("runs").containerId)).toEqual(runs);
    await networks.recover(new Set([request("runs").containerId]));
    expect(Object.keys(networks.inspect("kept").endpoints)).toEqual([request("runs").containerId]);
    await networks.recover(new Set());
    await networks.close();
    ip("link", "del", `br-${before.id.slice(0, 12)}`);
    networks = world.networks();
    await networks.open();
    expect(networks.inspect("kept")).toEqual(before);
    const again = await networks.connect(request("again", { mode: "kept" }));
    await world.serve(world.far, "tcp", 83);
    expect(await world.ask(pathOf(again), "tcp", "10.99.0.2", 83)).toBe("10.99.0.1");
  });

  test("a kill at any step of making and removing leaves nothing half", async () => {
    await networks.close();
    const names: string[] = [];
    for (let cut = 0; cut <= names.length; cut++) {
      let seen = 0;
      let halted = (): void => undefined;
      const stopped = new Promise<void>((resolve) => {
        halted = resolve;
      });
      const dying = world.networks({
        steps: {
          run: async (name, effect) => {
            if (cut === 0) names.push(name);
            if (cut > 0 && ++seen >= cut) {
              halted();
              return await new Promise<never>(() => undefined);
            }
            return effect();
          },
        },
      });
      await dying.open();
      const life = (async () => {
        await dying.create({ Name: "brief" });
        await dying.remove("brief");
      })();
      await Promise.race([life, stopped]);
      networks = world.networks();
      await networks.open();
      await networks.recover(new Set());
      // Acknowledged or not: what is listed is whole, what is not has left nothing.
      const listed = networks.list().find(({ name }) => name === "brief");
      expect((await bridges()).length).toBe(listed === undefined ? 1 : 2);
      if (listed !== undefined) await networks.remove("brief");
      await networks.create({ Name: "brief" });
      await networks.remove("brief");
      expect(await bridges()).toEqual(["berth0"]);
      await networks.close();
      await dying.close();
    }
    expect(names).toEqual([
      "network.create-row",
      "network.create-bridge",
      "network.create-rules",
      "network.create-ready",
      "network.remove-mark",
      "network.remove-bridge",
      "network.remove-row",
    ]);
    networks = world.networks();
    await networks.open();
  }, 60_000);
});
