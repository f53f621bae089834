import type { Flag } from "../../../args/flag.ts";
import { accepted, dnsSearch, extraHost, ipAddress, linkValue } from "../checks.ts";
import { parseNetworkOption } from "../network-option.ts";

/** Whom the container can reach and who can reach it. */
export const networkFlags: readonly Flag[] = [
  { name: "add-host", type: "list", help: "Line for /etc/hosts, e.g. db:10.1.2.3; db:host-gateway is this machine", check: extraHost },
  { name: "dns", type: "list", help: "Name server to ask, e.g. 9.9.9.9", check: ipAddress },
  { name: "dns-option", type: "list", help: "Line for the resolver, e.g. ndots:1", aliases: ["dns-opt"] },
  { name: "dns-search", type: "list", help: "Domain to try for short names; '.' for none", check: dnsSearch },
  { name: "expose", type: "list", help: "Port it serves, e.g. 80 or 8000-8010/udp; --publish opens it" },
  { name: "ip", type: "string", help: "Fixed IPv4 address in its network", check: ipAddress },
  { name: "ip6", type: "string", help: "Fixed IPv6 address in its network", check: ipAddress },
  { name: "link", type: "list", values: "container", help: "Make CONTAINER[:ALIAS] known by name (old; use a network)", check: linkValue },
  { name: "link-local-ip", type: "list", help: "Further address, valid on its own link only", check: ipAddress },
  { name: "mac-address", type: "string", help: "Hardware address of its interface, e.g. 02:42:ac:11:00:09" },
  {
    name: "network",
    type: "list",
    values: "network",
    valueName: "network",
    help: "Join this network; or host, none, container:NAME",
    aliases: ["net"],
    check: accepted(parseNetworkOption),
  },
  { name: "network-alias", type: "list", help: "Another name that its neighbours find it by", aliases: ["net-alias"] },
  { name: "publish", short: "p", type: "list", help: "Open a port on this machine: [IP:]HOST:CONTAINER[/udp], e.g. 8080:80" },
  { name: "publish-all", short: "P", type: "bool", help: "Open every port the image names, each under a free number" },
];
