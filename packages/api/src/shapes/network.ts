import { goShape } from "@berth/spec";

const { bool, list, map, object, string } = goShape;

const ipamConfig = object("IPAMConfig", { Subnet: string, IPRange: string, Gateway: string, AuxiliaryAddresses: map(string) });

/** Body of POST /networks/create. */
export const networkCreateRequest: goShape.Shape = object("NetworkCreateRequest", {
  Name: string,
  CheckDuplicate: bool,
  Driver: string,
  Scope: string,
  EnableIPv4: bool,
  EnableIPv6: bool,
  IPAM: object("IPAM", { Driver: string, Options: map(string), Config: list(ipamConfig) }),
  Internal: bool,
  Attachable: bool,
  Ingress: bool,
  ConfigOnly: bool,
  ConfigFrom: object("ConfigReference", { Network: string }),
  Options: map(string),
  Labels: map(string),
});
