export { removeTraces } from "./firewall/remove-traces.ts";
export { type NetworksOptions, openNetworks } from "./open-networks.ts";
export type * from "./ports.ts";
export { isPredefined } from "./predefined.ts";
