// slow
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { inPrivateNetwork } from "@berth/linux/testing";
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
    await networks.close();
  });

  function pathOf(sandbox: Sandbox): string {
    return sandbox.namespacePath ?? "";
  }

  test("a container on the bridge reaches host, other containers and other hosts", async () => {
    const one = await networks.connect(request("one"));
    const two = await networks.connect(request("two"));
    expect(one.settings).toMatchObject({
      Gateway: "172.17.0.1",
      IPAddress: "172.17.0.2",
      IPPrefixLen: 16,
      MacAddress: "02:42:ac:11:00:02",
      Ports: {},
      SandboxKey: one.namespacePath,
    });
    expect(one.settings.SandboxID).toMatch(/^[0-9a-f]{64}$/);
    expect(path.basename(pathOf(one))).toBe(one.settings.SandboxID.slice(0, 12));
    expect(one.settings.Networks["bridge"]?.NetworkID).toBe(networks.inspect("bridge").id);
    expect(one.hosts).toEqual([{ address: "172.17.0.2", names: ["one"] }]);
    expect(two.settings.IPAddress).toBe("172.17.0.3");
    await world.serve(pathOf(two), "tcp", 80);
    expect(await world.ask(pathOf(one), "tcp", "172.17.0.3", 80)).toBe("172.17.0.2");
    await world.serve(world.far, "tcp", 81);
    expect(await world.ask(pathOf(one), "tcp", "10.99.0.2", 81)).toBe("10.99.0.1");
    expect(await world.ask(world.far, "tcp", "172.17.0.3", 80)).toBe("timeout");
    expect(await world.ask(null, "tcp", "172.17.0.3", 80)).toBe("172.17.0.1");
  });

  test("a container that got another name is shown with it", async () => {
    await networks.connect(request("one"));
    networks.rename(request("one").containerId, "other");
    networks.rename("nobody", "nothing");
    expect(Object.values(networks.inspect("bridge").endpoints).map(({ name }) => name)).toEqual(["other"]);
  });

  test("published ports answer other hosts, localhost, containers and the container itself", async () => {
    const bindings = { "80/tcp": [{ HostIp: "", HostPort: "8080" }], "53/udp": [{ HostIp: "", HostPort: "5353" }] };
    const web = await networks.connect(request("web", { exposed: ["80/tcp", "53/udp", "99/tcp"], bindings }));
    expect(web.settings.Ports).toEqual({
      "53/udp": [
        { HostIp: "0.0.0.0", HostPort: "5353" },
        { HostIp: "::", HostPort: "5353" },
      ],
      "80/tcp": [
        { HostIp: "0.0.0.0", HostPort: "8080" },
        { HostIp: "::", HostPort: "8080" },
      ],
      "99/tcp": null,
    });
    await world.serve(pathOf(web), "tcp", 80);
    await world.serve(pathOf(web), "udp", 53);
    const other = await networks.connect(request("other"));
    expect(await world.ask(world.far, "tcp", "10.99.0.1", 8080)).toBe("10.99.0.2");
    expect(await world.ask(world.far, "udp", "10.99.0.1", 5353)).toBe("10.99.0.2");
    expect(await world.ask(null, "tcp", "127.0.0.1", 8080)).toBe("172.17.0.1");
    expect(await world.ask(null, "udp", "127.0.0.1", 5353)).toBe("172.17.0.1");
    expect(await world.ask(null, "tcp", "10.99.0.1", 8080)).toBe("10.99.0.1");
    expect(await world.ask(null, "tcp", "::1", 8080)).toBe("172.17.0.1");
    expect(await world.ask(null, "udp", "::1", 5353)).toBe("172.17.0.1");
    expect(await world.ask(pathOf(other), "tcp", "10.99.0.1", 8080)).toBe("172.17.0.1");
    expect(await world.ask(pathOf(other), "tcp", "172.17.0.1", 8080)).toBe("172.17.0.1");
    expect(await world.ask(pathOf(web), "tcp", "172.17.0.1", 8080)).toBe("172.17.0.1");
    await networks.disconnect(request("web").containerId);
    expect(await world.ask(world.far, "tcp", "10.99.0.1", 8080)).toBe("ECONNREFUSED");
    expect(await world.ask(null, "tcp", "::1", 8080)).toBe("ECONNREFUSED");
  });

  test("a port on one address answers there only, and loopback ports not from outside", async () => {
    ip("addr", "add", "10.99.0.3/24", "dev", "near0");
    const bindings = {
      "80/tcp": [
        { HostIp: "127.0.0.1", HostPort: "7000" },
        { HostIp: "10.99.0.3", HostPort: "7001" },
      ],
    };
    const web = await networks.connect(request("web", { exposed: ["80/tcp"], bindings }));
    await world.serve(pathOf(web), "tcp", 80);
    expect(await world.ask(null, "tcp", "127.0.0.1", 7000)).toBe("172.17.0.1");
    expect(await world.ask(world.far, "tcp", "10.99.0.1", 7000)).toBe("ECONNREFUSED");
    expect(await world.ask(world.far, "tcp", "10.99.0.3", 7001)).toBe("10.99.0.2");
    expect(await world.ask(world.far, "tcp", "10.99.0.1", 7001)).toBe("ECONNREFUSED");
    // Other hosts and containers that claim to be the host itself: both need settings that only an administrator makes.
    fs.writeFileSync("/proc/sys/net/ipv4/conf/near0/route_localnet", "1");
    const server = net.createServer((client) => client.end("leak")).listen({ host: "127.0.0.1", port: 7009 });
    await new Promise((resolve) => server.once("listening", resolve));
    const claim = (namespace: string, link: string, gateway: string): void => {
      const commands = `ip addr flush dev lo && ip route add 127.0.0.1/32 via ${gateway} && echo 1 > /proc/sys/net/ipv4/conf/${link}/route_localnet`;
      execFileSync("nsenter", [`--net=${namespace}`, "sh", "-c", commands]);
    };
    claim(world.far, "far0", "10.99.0.1");
    claim(pathOf(web), "eth0", "172.17.0.1");
    expect(await world.ask(world.far, "tcp", "127.0.0.1", 7009)).toBe("leak");
    expect(await world.ask(world.far, "tcp", "127.0.0.1", 7000)).toBe("ECONNREFUSED");
    expect(await world.ask(pathOf(web), "tcp", "127.0.0.1", 7009)).toBe("timeout");
    server.close();
    fs.writeFileSync("/proc/sys/net/ipv4/conf/near0/route_localnet", "0");
    world.inFar("ip", "route", "del", "127.0.0.1/32");
    world.inFar("ip", "addr", "add", "127.0.0.1/8", "dev", "lo");
  });

  test("a port in use is told in Docker's words and nothing is left", async () => {
    const wish = (hostIp: string, hostPort: string) => ({
      exposed: ["80/tcp"],
      bindings: { "80/tcp": [{ HostIp: hostIp, HostPort: hostPort }] },
    });
    await networks.connect(request("first", wish("", "8080")));
    const driver = /^driver failed programming external connectivity on endpoint second \([0-9a-f]{64}\): /;
    const allocated = await failureOf(networks.connect(request("second", wish("", "8080"))));
    expect(allocated.kind).toBe("internal");
    expect(allocated.message).toMatch(driver);
    expect(allocated.message).toEndWith(": Bind for 0.0.0.0:8080 failed: port is already allocated");
    expect((await failureOf(networks.connect(request("second", wish("127.0.0.1", "8080"))))).message).toEndWith(
      "listen tcp4 127.0.0.1:8080: bind: address already in use",
    );
    const server = net.createServer().listen({ host: "0.0.0.0", port: 8099 });
    await new Promise((resolve) => server.once("listening", resolve));
    expect((await failureOf(networks.connect(request("second", wish("", "8099"))))).message).toEndWith(
      "listen tcp4 0.0.0.0:8099: bind: address already in use",
    );
    server.close();
    expect((await failureOf(networks.connect(request("second", wish("1.2.3.4", "8097"))))).message).toEndWith(
      "listen tcp4 1.2.3.4:8097: bind: cannot assign requested address",
    );
    expect(Object.keys(networks.inspect("bridge").endpoints)).toEqual([request("first").containerId]);
    const twice = {
      exposed: ["80/tcp"],
      bindings: {
        "80/tcp": [
          { HostIp: "", HostPort: "9001" },
          { HostIp: "", HostPort: "9001" },
        ],
      },
    };
    expect((await failureOf(networks.connect(request("second", twice)))).message).toEndWith("port is already allocated");
    const again = await networks.connect(request("second", wish("", "9001")));
    expect(again.settings.Ports["80/tcp"]?.[0]).toEqual({ HostIp: "0.0.0.0", HostPort: "9001" });
  });

  test("ranges, ephemeral ports and publish all", async () => {
    const range = { "80/tcp": [{ HostIp: "", HostPort: "8000-8001" }] };
    const ports: (string | undefined)[] = [];
    for (const name of ["a", "b"]) {
      const { settings } = await networks.connect(request(name, { exposed: ["80/tcp"], bindings: range }));
      ports.push(settings.Ports["80/tcp"]?.[0]?.HostPort);
    }
    expect(ports).toEqual(["8000", "8001"]);
    expect((await failureOf(networks.connect(request("c", { exposed: ["80/tcp"], bindings: range })))).message).toEndWith(
      ": all ports are allocated",
    );
    const all = await networks.connect(request("d", { exposed: ["5-6/tcp", "7/udp"], publishAll: true }));
    const found = Object.values(all.settings.Ports).map((bindings) => Number(bindings?.[0]?.HostPort));
    expect(new Set(found).size).toBe(3);
    for (const port of found) expect(port).toBeGreaterThanOrEqual(32_768);
  });

  test("none has lo only, host has no namespace, container: joins", async () => {
    const none = await networks.connect(request("none", { mode: "none" }));
    expect(
      execFileSync("nsenter", [`--net=${pathOf(none)}`, "ip", "-o", "link"])
        .toString()
        .trim()
        .split("\n"),
    ).toHaveLength(1);
    expect(none.settings).toMatchObject({ IPAddress: "", EndpointID: "", Ports: {}, SandboxKey: none.namespacePath });
    expect(none.settings.Networks["none"]?.EndpointID).toMatch(/^[0-9a-f]{64}$/);
    const host = await networks.connect(request("host", { mode: "host" }));
    expect(host.namespacePath).toBeNull();
    expect(host.settings.SandboxKey).toEndWith("/netns/default");
    expect(Object.keys(host.settings.Networks)).toEqual(["host"]);
    const owner = await networks.connect(request("owner"));
    const mode = `container:${request("owner").containerId}`;
    const joined = await networks.connect(request("joined", { mode, joinPath: owner.namespacePath }));
    expect(joined.namespacePath).toBe(owner.namespacePath);
    expect(joined.settings).toMatchObject({ SandboxID: "", SandboxKey: "", Networks: {} });
    expect(await failureOf(networks.connect(request("late", { mode })))).toMatchObject({
      kind: "conflict",
      message: `cannot join network of a non running container: ${request("owner").containerId}`,
    });
    const [link] = await world.endpointLinks();
    await networks.disconnect(request("owner").containerId);
    expect(await world.endpointLinks()).not.toContain(link);
    await networks.disconnect(request("joined").containerId);
    expect(networks.inspect("none").endpoints[request("none").containerId]?.name).toBe("none");
  });

  test("bad requests are refused in Docker's words", async () => {
    const check = (changes: object): string => {
      try {
        networks.validate(request("bad", changes));
        return "";
      } catch (error) {
        return error instanceof Error ? error.message : "";
      }
    };
    const binding = (hostPort: string) => ({ bindings: { "80/tcp": [{ HostIp: "", HostPort: hostPort }] } });
    expect(check(binding("99999"))).toBe('invalid port specification: "99999"');
    expect(check(binding("9-5"))).toBe('invalid port specification: "9-5"');
    expect(check({ bindings: { abc: [] } })).toBe('invalid port specification: "abc"');
    expect(check({ ...binding("8"), mode: "container:x" })).toBe(
      "conflicting options: port publishing and the container type network mode",
    );
    expect(check({ mode: "host", macAddress: "02:42:00:00:00:99" })).toBe("conflicting options: mac-address and the network mode");
    expect(networks.validate(request("fine"))["bridge"]).toMatchObject({ NetworkID: "", IPAddress: "" });
    expect(await failureOf(networks.connect(request("bad", { mode: "nope" })))).toMatchObject({
      kind: "not-found",
      message: "network nope not found",
    });
    expect((await failureOf(networks.connect(request("bad", { macAddress: "zz" })))).message).toBe("address zz: invalid MAC address");
    expect(await world.endpointLinks()).toEqual([]);
    expect(networks.inspect("bridge").endpoints).toEqual({});
    const own = await networks.connect(request("mac", { macAddress: "02:42:00:00:00:99" }));
    expect(own.settings.MacAddress).toBe("02:42:00:00:00:99");
  });

  test("another firewall that drops forwarded packets is passed, and left alone at the end", async () => {
    execFileSync("iptables", ["-P", "FORWARD", "DROP"]);
    await networks.open();
    const bindings = { "80/tcp": [{ HostIp: "", HostPort: "8080" }] };
    const web = await networks.connect(request("web", { exposed: ["80/tcp"], bindings }));
    await world.serve(pathOf(web), "tcp", 80);
    expect(await world.ask(world.far, "tcp", "10.99.0.1", 8080)).toBe("10.99.0.2");
    expect(await world.ask(world.far, "tcp", "172.17.0.2", 80)).toBe("timeout");
    await networks.open();
    const rules = execFileSync("iptables", ["-S", "FORWARD"]).toString();
    expect(rules.match(/-[io] berth0/g)).toHaveLength(2);
    await networks.recover(new Set());
    await networks.close();
    expect(execFileSync("iptables", ["-S", "FORWARD"]).toString()).toBe("-P FORWARD DROP\n");
    execFileSync("nft", ["delete", "table", "ip", "filter"]);
  });

  test("a flushed ruleset is healed by open and by the next published port", async () => {
    const wish = (port: string) => ({ exposed: ["80/tcp"], bindings: { "80/tcp": [{ HostIp: "", HostPort: port }] } });
    const web = await networks.connect(request("web", wish("8080")));
    await world.serve(pathOf(web), "tcp", 80);
    execFileSync("nft", ["flush", "ruleset"]);
    expect(await world.ask(world.far, "tcp", "10.99.0.1", 8080)).toBe("ECONNREFUSED");
    await networks.open();
    expect(await world.ask(world.far, "tcp", "10.99.0.1", 8080)).toBe("10.99.0.2");
    execFileSync("nft", ["flush", "ruleset"]);
    await networks.connect(request("more", wish("8081")));
    expect(await world.ask(world.far, "tcp", "10.99.0.1", 8080)).toBe("10.99.0.2");
    execFileSync("nft", ["flush", "ruleset"]);
    await networks.disconnect(request("more").containerId);
    expect(await world.ask(world.far, "tcp", "10.99.0.1", 8080)).toBe("10.99.0.2");
  });

  test("containers are kept apart without icc", async () => {
    const apart = world.networks({ bridge: { icc: false } });
    await apart.open();
    const [one, two] = [await apart.connect(request("one")), await apart.connect(request("two"))];
    await world.serve(pathOf(two), "tcp", 80);
    const filter = "/proc/sys/net/bridge/bridge-nf-call-iptables";
    // With and without br_netfilter, which leads bridged packets through the forward chain.
    for (const on of fs.existsSync(filter) ? ["1", "0"] : [null]) {
      if (on !== null) fs.writeFileSync(filter, on);
      expect(await world.ask(pathOf(one), "tcp", two.settings.IPAddress, 80)).not.toBe(one.settings.IPAddress);
    }
    if (fs.existsSync(filter)) fs.writeFileSync(filter, "1");
    expect(await world.ask(null, "tcp", two.settings.IPAddress, 80)).toBe("172.17.0.1");
    await apart.recover(new Set());
    await apart.close();
  });

  test("a daemon that comes back adopts what runs and removes what does not", async () => {
    const bindings = { "80/tcp": [{ HostIp: "", HostPort: "8080" }] };
    const runs = await networks.connect(request("runs", { exposed: ["80/tcp"], bindings }));
    await networks.connect(request("died"));
    await world.serve(pathOf(runs), "tcp", 80);
    await networks.close();
    expect(await world.ask(world.far, "tcp", "10.99.0.1", 8080)).toBe("10.99.0.2");
    networks = world.networks();
    await networks.open();
    const adopted = await networks.adopt(request("runs").containerId);
    expect(adopted).toEqual(runs);
    expect(await networks.adopt("nobody")).toBeNull();
    await networks.recover(new Set([request("runs").containerId]));
    expect(Object.keys(networks.inspect("bridge").endpoints)).toEqual([request("runs").containerId]);
    expect(await world.ask(world.far, "tcp", "10.99.0.1", 8080)).toBe("10.99.0.2");
    expect(await world.ask(null, "tcp", "::1", 8080)).toBe("172.17.0.1");
    expect((await failureOf(networks.connect(request("late", { exposed: ["80/tcp"], bindings })))).message).toEndWith(
      "is already allocated",
    );
  });

  test("a kill at any step leaves nothing after recovery", async () => {
    const folder = path.join(world.folder, "run", "netns");
    const names: string[] = [];
    await networks.close();
    const dead: Networks[] = [];
    for (let cut = 0; ; cut++) {
      // A real kill would free the dead daemon's ports; here they stay held.
      const bindings = { "80/tcp": [{ HostIp: "", HostPort: String(8100 + cut) }] };
      let seen = 0;
      let gone = false;
      const { blocking } = world;
      const dying = world.networks({
        blocking: {
          ...blocking,
          createNetworkNamespace: (file) => (gone ? Promise.reject(new Error("gone")) : blocking.createNetworkNamespace(file)),
        },
        steps: {
          // From the cut on nothing happens any more, as if the process were gone.
          run: async (name, effect) => {
            if (cut === 0) names.push(name);
            if (seen++ >= cut && cut > 0) return await new Promise<never>(() => undefined);
            return effect();
          },
        },
      });
      await dying.open();
      const life = (async () => {
        await dying.connect(request("web", { exposed: ["80/tcp"], bindings }));
        await dying.disconnect(request("web").containerId);
        return true;
      })();
      const whole = await Promise.race([life, Bun.sleep(cut === 0 ? 5000 : 120).then(() => false)]);
      gone = true;
      dead.push(dying);
      const next = world.networks();
      await next.open();
      await next.recover(new Set());
      await next.close();
      expect(fs.readdirSync(folder)).toEqual([]);
      expect(next.inspect("bridge").endpoints).toEqual({});
      expect(JSON.stringify(world.nftables.list("list map ip berth published_any"))).not.toContain("elem");
      for (let tries = 0; (await world.endpointLinks()).length > 0 && tries < 40; tries++) await Bun.sleep(50);
      expect(await world.endpointLinks()).toEqual([]);
      if (cut === 0) expect(whole).toBe(true);
      if (cut > names.length) break;
    }
    await Promise.all(dead.map((one) => one.close()));
    expect(names).toEqual([
      "start.network-namespace",
      "start.network-reserve",
      "start.network-endpoint",
      "start.network-ports",
      "start.network-rules",
      "exit.network-rules",
      "exit.network-namespace",
      "exit.network-release",
    ]);
    networks = world.networks();
    await networks.open();
  }, 60_000);

  test("a subnet that the host uses is not taken", async () => {
    await networks.close();
    ip("link", "del", "berth0");
    ip("addr", "add", "172.17.9.9/24", "dev", "near0");
    ip("route", "add", "172.18.0.0/15", "via", "10.99.0.2");
    networks = world.networks();
    await networks.open();
    expect(networks.inspect("bridge").subnets).toEqual([{ subnet: "172.20.0.0/16", gateway: "172.20.0.1" }]);
    expect((await networks.connect(request("moved"))).settings.IPAddress).toBe("172.20.0.2");
    ip("addr", "del", "172.17.9.9/24", "dev", "near0");
    ip("route", "del", "172.18.0.0/15");
  });

  test("--bip is taken when no container uses another subnet", async () => {
    await networks.connect(request("stays"));
    const before = networks.inspect("bridge").subnets;
    const bip = { bridge: { bip: "10.77.0.1/24" } };
    const early = world.networks(bip);
    await early.open();
    expect(early.inspect("bridge").subnets).toEqual(before);
    await early.recover(new Set());
    await early.close();
    const later = world.networks(bip);
    await later.open();
    expect(later.inspect("bridge").subnets).toEqual([{ subnet: "10.77.0.0/24", gateway: "10.77.0.1" }]);
    const moved = await later.connect(request("moved"));
    expect(moved.settings).toMatchObject({ IPAddress: "10.77.0.2", IPPrefixLen: 24, Gateway: "10.77.0.1" });
    expect(ip("-4", "-o", "addr", "show", "dev", "berth0").trim().split("\n")).toHaveLength(1);
    await later.recover(new Set());
    await later.close();
    const failure = await failureOf(world.networks({ bridge: { bip: "nonsense" } }).open());
    expect(failure).toMatchObject({ kind: "invalid", message: "invalid CIDR address: nonsense" });
  });

  test("--bridge none leaves the host alone", async () => {
    await networks.close();
    ip("link", "del", "berth0");
    execFileSync("nft", ["flush", "ruleset"]);
    const bare = world.networks({ bridge: { name: "none" } });
    await bare.open();
    await bare.recover(new Set());
    const sandbox = await bare.connect(request("alone"));
    expect(Object.keys(sandbox.settings.Networks)).toEqual(["none"]);
    expect(bare.list().map((network) => network.name)).toEqual(["host", "none"]);
    expect(execFileSync("nft", ["list", "ruleset"]).toString()).toBe("");
    expect(await world.netlink.link("berth0")).toBeNull();
    await bare.recover(new Set());
    await bare.close();
  });

  test("networks are listed with stable ids and found by name, id and prefix", () => {
    const [bridge, host, none] = networks.list();
    expect([bridge?.name, host?.name, none?.name]).toEqual(["bridge", "host", "none"]);
    expect([bridge?.driver, host?.driver, none?.driver]).toEqual(["bridge", "host", "null"]);
    expect(world.networks().inspect("bridge").id).toBe(bridge?.id ?? "");
    expect(networks.inspect((host?.id ?? "").slice(0, 12)).name).toBe("host");
    expect(() => networks.inspect("nope")).toThrow("network nope not found");
  });
});
