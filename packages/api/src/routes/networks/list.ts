import { type CallHandler, sendJson } from "../../call/call.ts";
import { showNetwork } from "../../gates/network.ts";
import { filterNetworks } from "./filter.ts";

/** GET /networks. */
export const listNetworks: CallHandler = ({ networks }, call) => {
  const { version } = call;
  const chosen = filterNetworks(networks.list(), call.query.filters());
  sendJson(
    call,
    200,
    chosen.map((network) => showNetwork(network, { version, endpoints: false })),
  );
};
