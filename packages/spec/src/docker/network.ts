/** One subnet of a network, as it was asked for. */
export interface IpamConfig {
  Subnet?: string;
  IPRange?: string;
  Gateway?: string;
  AuxiliaryAddresses?: Readonly<Record<string, string>>;
}

/** Body of POST /networks/create after parsing. */
export interface NetworkCreateRequest {
  Name?: string;
  CheckDuplicate?: boolean;
  Driver?: string;
  Scope?: string;
  EnableIPv4?: boolean;
  EnableIPv6?: boolean;
  Internal?: boolean;
  Attachable?: boolean;
  Ingress?: boolean;
  ConfigOnly?: boolean;
  ConfigFrom?: { Network?: string };
  IPAM?: { Driver?: string; Options?: Readonly<Record<string, string>>; Config?: readonly IpamConfig[] };
  Options?: Readonly<Record<string, string>>;
  Labels?: Readonly<Record<string, string>>;
}
