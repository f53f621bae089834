import { ptr } from "bun:ffi";
import { errnoError } from "../kernel/system.ts";
import type { EndpointOptions, Fd } from "../ports.ts";
import { packMac } from "./address.ts";
import { addressRequest, createFlags, defaultRouteRequest, linkUpRequest, removeLinkRequest } from "./changes.ts";
import {
  IFF_UP,
  IFLA_ADDRESS,
  IFLA_BRPORT_ISOLATED,
  IFLA_BRPORT_MODE,
  IFLA_IFNAME,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_INFO_SLAVE_DATA,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_NET_NS_FD,
  NLM_F_ACK,
  NLM_F_REQUEST,
  RTM_NEWLINK,
  VETH_INFO_PEER,
} from "./constants.ts";
import { type NetworkLibc, openFile } from "./libc.ts";
import { interfaceInfo, MessageBuilder } from "./message.ts";
import { inside, withNamespace } from "./namespace.ts";
import { type ChangeRequest, RouteSocket } from "./socket.ts";
import { findLink } from "./tables.ts";

const O_WRONLY = 1;
const ENODEV = 19;
const ipv6Default = "/proc/sys/net/ipv6/conf/default/disable_ipv6";

/**
 * Makes a whole endpoint: one message for the pair (host end on the bridge and up, peer straight
 * into the namespace with its name and MAC), then peer up, addresses and default route in one more. When
 * anything fails the pair is removed again.
 * @throws KernelError EEXIST when `hostName` is taken, ENODEV when there is no such bridge
 */
export function createEndpoint(libc: NetworkLibc, host: RouteSocket, options: EndpointOptions): void {
  const bridge = findLink(host, options.bridge);
  if (bridge === null) throw errnoError("RTM_GETLINK", options.bridge, ENODEV);
  withNamespace(libc, options.namespace, (namespace) => {
    const socket = inside(libc, namespace, () => {
      if (!options.addresses.some(({ address }) => address.includes(":"))) disableIpv6(libc);
      return new RouteSocket(libc);
    });
    try {
      host.change(pairRequest(options, bridge.index, namespace.fd));
      try {
        if (options.hairpin || options.isolated) host.change(portRequest(options));
        configure(socket, options);
      } catch (error) {
        host.change(removeLinkRequest(options.hostName));
        throw error;
      }
    } finally {
      socket.close();
    }
  });
}

function configure(socket: RouteSocket, options: EndpointOptions): void {
  const link = findLink(socket, options.name);
  if (link === null) throw errnoError("RTM_GETLINK", options.name, ENODEV);
  const changes: ChangeRequest[] = [linkUpRequest(options.name), ...options.addresses.map((address) => addressRequest(link, address))];
  if (options.gateway !== null) changes.push(defaultRouteRequest(link.index, options.gateway));
  socket.change(...changes);
}

function pairRequest(options: EndpointOptions, bridgeIndex: number, namespaceFd: Fd): ChangeRequest {
  const message = new MessageBuilder(RTM_NEWLINK, createFlags)
    .fixed(interfaceInfo({ flags: IFF_UP, change: IFF_UP }))
    .string(IFLA_IFNAME, options.hostName)
    .u32(IFLA_MTU, options.mtu)
    .u32(IFLA_MASTER, bridgeIndex)
    .nest(IFLA_LINKINFO, (info) => {
      info.string(IFLA_INFO_KIND, "veth").nest(IFLA_INFO_DATA, (data) => {
        data.nest(VETH_INFO_PEER, (peer) => {
          // The peer cannot be up from the start: veth opens it before the two know each other (ENOTCONN).
          peer
            .fixed(interfaceInfo({}))
            .string(IFLA_IFNAME, options.name)
            .bytes(IFLA_ADDRESS, packMac(options.mac))
            .u32(IFLA_MTU, options.mtu)
            .u32(IFLA_NET_NS_FD, namespaceFd);
        });
      });
    });
  return { call: "RTM_NEWLINK", path: options.hostName, message };
}

/** Settings of the bridge's port; they can be made only when it is one. */
function portRequest(options: EndpointOptions): ChangeRequest {
  const message = new MessageBuilder(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK)
    .fixed(interfaceInfo({}))
    .string(IFLA_IFNAME, options.hostName)
    .nest(IFLA_LINKINFO, (info) => {
      info.nest(IFLA_INFO_SLAVE_DATA, (port) => {
        port.bytes(IFLA_BRPORT_MODE, new Uint8Array([options.hairpin ? 1 : 0]));
        port.bytes(IFLA_BRPORT_ISOLATED, new Uint8Array([options.isolated ? 1 : 0]));
      });
    });
  return { call: "RTM_NEWLINK", path: `${options.hostName} bridge port`, message };
}

/** Links that come later get no IPv6, not even a link-local address; lo keeps ::1. A kernel without IPv6 has no such file. */
function disableIpv6(libc: NetworkLibc): void {
  let fd: Fd;
  try {
    fd = openFile(libc, ipv6Default, O_WRONLY);
  } catch {
    return;
  }
  const one = new Uint8Array([0x31]);
  libc.call.write(fd, ptr(one), one.length);
  libc.call.close(fd);
}
