import type { InterfaceAddress } from "../ports.ts";
import { broadcastOf, familyOf, packAddress, packMac } from "./address.ts";
import {
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_LOCAL,
  IFF_UP,
  IFLA_ADDRESS,
  IFLA_IFNAME,
  IFLA_INFO_KIND,
  IFLA_LINKINFO,
  IFLA_MTU,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RTA_GATEWAY,
  RTA_OIF,
  RTM_DELLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWROUTE,
  RTN_UNICAST,
  RTPROT_BOOT,
} from "./constants.ts";
import { addressInfo, interfaceInfo, MessageBuilder, routeInfo } from "./message.ts";
import type { ChangeRequest } from "./socket.ts";

/** Flags of a request that makes something new. */
export const createFlags: number = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;

/** Makes a bridge; EEXIST when the name is taken. */
export function bridgeRequest(options: { readonly name: string; readonly mac?: string; readonly mtu?: number }): ChangeRequest {
  const message = new MessageBuilder(RTM_NEWLINK, createFlags).fixed(interfaceInfo({})).string(IFLA_IFNAME, options.name);
  if (options.mac !== undefined) message.bytes(IFLA_ADDRESS, packMac(options.mac));
  if (options.mtu !== undefined) message.u32(IFLA_MTU, options.mtu);
  message.nest(IFLA_LINKINFO, (nested) => nested.string(IFLA_INFO_KIND, "bridge"));
  return { call: "RTM_NEWLINK", path: options.name, message };
}

/** Removes a link by name; ENODEV when there is none. */
export function removeLinkRequest(name: string): ChangeRequest {
  const message = new MessageBuilder(RTM_DELLINK, NLM_F_REQUEST | NLM_F_ACK).fixed(interfaceInfo({})).string(IFLA_IFNAME, name);
  return { call: "RTM_DELLINK", path: name, message };
}

/** Sets a link up. */
export function linkUpRequest(name: string): ChangeRequest {
  const message = new MessageBuilder(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK)
    .fixed(interfaceInfo({ flags: IFF_UP, change: IFF_UP }))
    .string(IFLA_IFNAME, name);
  return { call: "RTM_NEWLINK", path: name, message };
}

/** Gives a link an address; one that it has already is no error. */
export function addressRequest(link: { readonly index: number; readonly name: string }, address: InterfaceAddress): ChangeRequest {
  const bytes = packAddress(address.address);
  const message = new MessageBuilder(RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE)
    .fixed(addressInfo({ family: familyOf(bytes), prefixLength: address.prefixLength, index: link.index }))
    .bytes(IFA_LOCAL, bytes)
    .bytes(IFA_ADDRESS, bytes);
  const broadcast = broadcastOf(bytes, address.prefixLength);
  if (broadcast !== null) message.bytes(IFA_BROADCAST, broadcast);
  return { call: "RTM_NEWADDR", path: `${address.address}/${address.prefixLength} on ${link.name}`, message };
}

/** Makes the default route of the gateway's family. */
export function defaultRouteRequest(linkIndex: number, gateway: string): ChangeRequest {
  const bytes = packAddress(gateway);
  const message = new MessageBuilder(RTM_NEWROUTE, createFlags)
    .fixed(
      routeInfo({
        family: familyOf(bytes),
        prefixLength: 0,
        table: RT_TABLE_MAIN,
        protocol: RTPROT_BOOT,
        scope: RT_SCOPE_UNIVERSE,
        type: RTN_UNICAST,
      }),
    )
    .u32(RTA_OIF, linkIndex)
    .bytes(RTA_GATEWAY, bytes);
  return { call: "RTM_NEWROUTE", path: `default via ${gateway}`, message };
}
