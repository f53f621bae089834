import type { InterfaceAddress, LinkInfo, RouteInfo } from "../ports.ts";
import { formatAddress, formatMac } from "./address.ts";
import {
  AF_UNSPEC,
  IFA_ADDRESS,
  IFA_LOCAL,
  IFF_UP,
  IFLA_ADDRESS,
  IFLA_EXT_MASK,
  IFLA_IFNAME,
  IFLA_INFO_KIND,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  NLM_F_ACK,
  NLM_F_REQUEST,
  RT_TABLE_LOCAL,
  RTA_DST,
  RTA_GATEWAY,
  RTA_OIF,
  RTA_TABLE,
  RTEXT_FILTER_SKIP_STATS,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_GETROUTE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWROUTE,
  RTN_UNICAST,
} from "./constants.ts";
import { addressInfo, interfaceInfo, MessageBuilder } from "./message.ts";
import { type NetlinkMessage, parseAttributes, textOf, u32Of, viewOf } from "./parse.ts";
import type { RouteSocket } from "./socket.ts";

/** All links of the socket's namespace. */
export function listLinks(socket: RouteSocket): LinkInfo[] {
  return socket.dump({ call: "RTM_GETLINK", type: RTM_GETLINK, fixed: interfaceInfo({}) }).flatMap((message) => parseLink(message) ?? []);
}

/** One link by name; null when there is none. */
export function findLink(socket: RouteSocket, name: string): LinkInfo | null {
  const message = new MessageBuilder(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK)
    .fixed(interfaceInfo({}))
    .string(IFLA_IFNAME, name)
    .u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  const answer = socket.get({ call: "RTM_GETLINK", path: name, message });
  return answer === null ? null : parseLink(answer);
}

/** All addresses of the socket's namespace, IPv4 and IPv6. */
export function listAddresses(socket: RouteSocket): (InterfaceAddress & { readonly linkIndex: number })[] {
  const fixed = addressInfo({ family: AF_UNSPEC, prefixLength: 0, index: 0 });
  return socket.dump({ call: "RTM_GETADDR", type: RTM_GETADDR, fixed }).flatMap((message) => parseAddress(message) ?? []);
}

/** All unicast routes of every table but the one of local addresses. */
export function listRoutes(socket: RouteSocket): RouteInfo[] {
  return socket
    .dump({ call: "RTM_GETROUTE", type: RTM_GETROUTE, fixed: new Uint8Array(12) })
    .flatMap((message) => parseRoute(message) ?? []);
}

/** A RTM_NEWLINK of the kernel; null for other messages. */
export function parseLink(message: NetlinkMessage): LinkInfo | null {
  if (message.type !== RTM_NEWLINK || message.payload.length < 16) return null;
  const view = viewOf(message.payload);
  const attributes = parseAttributes(message.payload.subarray(16));
  const info = attributes.get(IFLA_LINKINFO);
  const kind = info === undefined ? undefined : parseAttributes(info).get(IFLA_INFO_KIND);
  const name = attributes.get(IFLA_IFNAME);
  const mac = attributes.get(IFLA_ADDRESS);
  return {
    index: view.getInt32(4, true),
    name: name === undefined ? "" : textOf(name),
    mac: mac === undefined ? "" : formatMac(mac),
    mtu: u32Of(attributes.get(IFLA_MTU)) ?? 0,
    up: (view.getUint32(8, true) & IFF_UP) !== 0,
    kind: kind === undefined ? null : textOf(kind),
    masterIndex: u32Of(attributes.get(IFLA_MASTER)),
  };
}

/** A RTM_NEWADDR of the kernel; null for other messages. */
export function parseAddress(message: NetlinkMessage): (InterfaceAddress & { readonly linkIndex: number }) | null {
  if (message.type !== RTM_NEWADDR || message.payload.length < 8) return null;
  const attributes = parseAttributes(message.payload.subarray(8));
  // Of a point-to-point link IFA_ADDRESS is the other end and IFA_LOCAL this one.
  const address = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (address === undefined) return null;
  return {
    address: formatAddress(address),
    prefixLength: message.payload[1] ?? 0,
    linkIndex: viewOf(message.payload).getUint32(4, true),
  };
}

/** A RTM_NEWROUTE of the kernel; null for other messages, local addresses, and broadcast, blackhole and like routes. */
export function parseRoute(message: NetlinkMessage): RouteInfo | null {
  if (message.type !== RTM_NEWROUTE || message.payload.length < 12) return null;
  const attributes = parseAttributes(message.payload.subarray(12));
  const table = u32Of(attributes.get(RTA_TABLE)) ?? message.payload[4] ?? 0;
  if (table === RT_TABLE_LOCAL || message.payload[7] !== RTN_UNICAST) return null;
  const destination = attributes.get(RTA_DST);
  const gateway = attributes.get(RTA_GATEWAY);
  return {
    destination: destination === undefined ? null : { address: formatAddress(destination), prefixLength: message.payload[1] ?? 0 },
    gateway: gateway === undefined ? null : formatAddress(gateway),
    linkIndex: u32Of(attributes.get(RTA_OIF)),
  };
}
