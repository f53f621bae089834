import { type CallHandler, sendJson } from "../../call/call.ts";
import { showNetwork } from "../../gates/network.ts";

/** GET /networks/{id}. */
export const inspectNetwork: CallHandler = ({ networks }, call) => {
  sendJson(call, 200, showNetwork(networks.inspect(call.path("id")), { version: call.version, endpoints: true }));
};
