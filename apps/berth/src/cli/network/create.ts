import { createNetwork } from "@berth/client";
import type { Command } from "../command.ts";
import { toMap } from "../container/options/key-values.ts";
import { ipamConfigs } from "./ipam.ts";

/** `berth network create`. */
export const command: Command = {
  usage: "[OPTIONS] NETWORK",
  about:
    "Containers of one network reach each other; those of different networks do not. The engine chooses a free subnet unless --subnet names one.",
  flags: [
    { name: "attachable", type: "bool", help: "Let single containers join a network of a swarm" },
    { name: "aux-address", type: "list", valueName: "NAME=ADDRESS", help: "Address in the subnet that no container gets" },
    { name: "config-from", type: "string", valueName: "network", help: "Network to take the settings from" },
    { name: "config-only", type: "bool", help: "Keep the settings only" },
    { name: "driver", short: "d", type: "string", fallback: "bridge", help: "What kind of network it is" },
    { name: "gateway", type: "list", valueName: "address", help: "The bridge's own address in the subnet" },
    { name: "ingress", type: "bool", help: "Make it the network that a swarm's ports come in by" },
    { name: "internal", type: "bool", help: "No way out to other networks" },
    { name: "ip-range", type: "list", valueName: "subnet", help: "Part of the subnet that containers get addresses from" },
    { name: "ipam-driver", type: "string", fallback: "default", help: "What gives out the addresses" },
    { name: "ipam-opt", type: "list", valueName: "NAME=VALUE", help: "Setting of what gives out the addresses" },
    { name: "ipv4", type: "bool", fallback: "true", help: "Give IPv4 addresses" },
    { name: "ipv6", type: "bool", help: "Give IPv6 addresses too" },
    { name: "label", type: "list", valueName: "NAME[=VALUE]", help: "Label of the network" },
    { name: "opt", short: "o", type: "list", valueName: "NAME=VALUE", help: "Setting of the driver" },
    { name: "scope", type: "string", help: "Where the network reaches" },
    { name: "subnet", type: "list", valueName: "subnet", help: "Addresses of the network, e.g. 10.5.0.0/16" },
  ],
  examples: [
    { line: "berth network create backend", does: "A network with a free subnet" },
    { line: "berth network create --subnet 10.5.0.0/16 --gateway 10.5.0.254 fixed", does: "With addresses that you choose" },
    {
      line: "berth network create --internal -o com.docker.network.driver.mtu=1400 vault",
      does: "Without a way out, and with smaller packets",
    },
    { line: "berth run --rm --network fixed busybox ip route", does: "Put a container on it" },
  ],
  seeAlso: ["network ls", "network rm", "run"],
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const options = toMap(parsed.list("ipam-opt"));
    const { Id, Warning } = await createNetwork(context.engine, {
      Name: parsed.arg(0),
      CheckDuplicate: true,
      Driver: parsed.string("driver"),
      Scope: parsed.string("scope"),
      Internal: parsed.bool("internal"),
      Attachable: parsed.bool("attachable"),
      ...(parsed.bool("ingress") ? { Ingress: true } : {}),
      ...(parsed.bool("config-only") ? { ConfigOnly: true } : {}),
      ...(parsed.string("config-from") === "" ? {} : { ConfigFrom: { Network: parsed.string("config-from") } }),
      ...(parsed.has("ipv4") ? { EnableIPv4: parsed.bool("ipv4") } : {}),
      ...(parsed.has("ipv6") ? { EnableIPv6: parsed.bool("ipv6") } : {}),
      IPAM: {
        Driver: parsed.string("ipam-driver"),
        Options: options,
        Config: ipamConfigs({
          subnets: parsed.list("subnet"),
          ranges: parsed.list("ip-range"),
          gateways: parsed.list("gateway"),
          auxiliary: toMap(parsed.list("aux-address")),
        }),
      },
      Options: toMap(parsed.list("opt")),
      Labels: toMap(parsed.list("label")),
    });
    if (Warning !== "") await context.stderr.write(`WARNING: ${Warning}\n`);
    await context.stdout.write(`${Id}\n`);
    return 0;
  },
};
