export { type NetworksOptions, openNetworks } from "./open-networks.ts";
export type * from "./ports.ts";
