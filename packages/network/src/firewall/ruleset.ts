import type { PublishedPort } from "../port/published.ts";

/** Where a published port leads. */
export interface Forwarding extends PublishedPort {
  /** The container's IPv4 address. */
  readonly address: string;
}

/** One bridge, as the table sees it. */
export interface BridgeRules {
  readonly bridge: string;
  /** `172.17.0.0/16`. */
  readonly subnet: string;
  readonly icc: boolean;
  readonly masquerade: boolean;
  /** No way out of it, and none in. */
  readonly internal: boolean;
}

/** Name of the table; everything in it is ours. */
export const table = "ip berth";

/**
 * Commands that make the whole table anew, in one transaction:
 * - prerouting and output lead published ports to their containers. Loopback traffic passes output only, so what
 *   comes from outside for 127.0.0.0/8 is never led to a container.
 * - postrouting hides the subnet behind the host on the way out. A packet that came back to the bridge over a
 *   published port, or from a loopback address, takes the bridge's address, so that the answer passes the host again.
 * - forward lets through answers, traffic between containers of one bridge, and what was led to a published port; nothing else
 *   gets in, from other bridges no more than from other hosts.
 * - guard drops what a container sends to the host's loopback addresses, which route_localnet on the bridge would allow.
 */
export function ruleset(bridges: readonly BridgeRules[], forwardings: readonly Forwarding[]): string {
  const lead = [
    "fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @published",
    "fib daddr type local dnat ip to meta l4proto . th dport map @published_any",
  ];
  return `add table ${table}
delete table ${table}
table ${table} {
  map published {
    type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service
  }
  map published_any {
    type inet_proto . inet_service : ipv4_addr . inet_service
  }
  chain guard {
    type filter hook prerouting priority -300; policy accept
    ${lines(bridges, ({ bridge }) => [`iifname "${bridge}" ip daddr 127.0.0.0/8 drop`])}
  }
  chain prerouting {
    type nat hook prerouting priority -100; policy accept
    ${lead.map((rule) => `ip daddr != 127.0.0.0/8 ${rule}`).join("\n    ")}
  }
  chain output {
    type nat hook output priority -100; policy accept
    ${lead.join("\n    ")}
  }
  chain postrouting {
    type nat hook postrouting priority 100; policy accept
    ${lines(bridges, ({ bridge, subnet, masquerade, internal }) => [
      ...(masquerade && !internal ? [`ip saddr ${subnet} oifname != "${bridge}" masquerade`] : []),
      `oifname "${bridge}" ip saddr 127.0.0.0/8 masquerade`,
      `oifname "${bridge}" ip saddr ${subnet} ct status dnat masquerade`,
    ])}
  }
  chain forward {
    type filter hook forward priority 0; policy accept
    ${lines(bridges, ({ bridge, internal }) => (internal ? [`iifname "${bridge}" oifname != "${bridge}" drop`] : []))}
    ${lines(bridges, ({ bridge, icc }) => [
      `oifname "${bridge}" ct state established,related accept`,
      `oifname "${bridge}" ct status dnat accept`,
      `oifname "${bridge}" iifname "${bridge}" ${icc ? "accept" : "drop"}`,
      `oifname "${bridge}" drop`,
    ])}
  }
}
${addForwardings(forwardings)}`;
}

/** Commands that add published ports. */
export function addForwardings(forwardings: readonly Forwarding[]): string {
  return elements("add", forwardings);
}

/** Commands that take published ports away; each must be there. */
export function deleteForwardings(forwardings: readonly Forwarding[]): string {
  return elements("delete", forwardings);
}

function lines(bridges: readonly BridgeRules[], rulesOf: (bridge: BridgeRules) => readonly string[]): string {
  return bridges.flatMap(rulesOf).join("\n    ");
}

function elements(verb: "add" | "delete", forwardings: readonly Forwarding[]): string {
  return forwardings
    .flatMap((one) => {
      // IPv6 is led by a proxy in the daemon: the containers have no IPv6 address.
      if (one.hostIp.includes(":")) return [];
      const any = one.hostIp === "0.0.0.0";
      const key = `${any ? "" : `${one.hostIp} . `}${one.protocol} . ${one.hostPort}`;
      return [`${verb} element ${table} ${any ? "published_any" : "published"} { ${key} : ${one.address} . ${one.port} }`];
    })
    .join("\n");
}
