import { added, any, boolean, list, map, nullable, object, optional, type Shape, string } from "../shape.ts";

// Releases as in container.ts: api/types/types.go (NetworkResource), api/types/network. `Containers` of lists is filled before 1.28 only:
// api/server/router/network/network_routes.go of v28.5.2.

/** GET /networks/{id}. */
export const networkInspect: Shape = object({
  Name: string,
  Id: string,
  Created: string,
  Scope: string,
  Driver: string,
  EnableIPv4: added("1.48", boolean),
  EnableIPv6: boolean,
  IPAM: object({
    Driver: string,
    Options: nullable(map(string)),
    Config: nullable(
      list(
        object({
          Subnet: optional(string),
          IPRange: optional(string),
          Gateway: optional(string),
          AuxiliaryAddresses: optional(map(string)),
        }),
      ),
    ),
  }),
  Internal: boolean,
  Attachable: boolean,
  Ingress: boolean,
  ConfigFrom: object({ Network: string }),
  ConfigOnly: boolean,
  Containers: map(object({ Name: string, EndpointID: string, MacAddress: string, IPv4Address: string, IPv6Address: string })),
  Options: nullable(map(string)),
  Labels: nullable(map(string)),
  Peers: optional(list(any)),
  Services: optional(any),
});

/** POST /networks/create. */
export const networkCreated: Shape = object({ Id: string, Warning: string });

/** GET /networks. */
export const networkList: Shape = list(networkInspect);
