import { type CallHandler, sendJson } from "../../call/call.ts";

/** GET /plugins: there are none. */
export const listPlugins: CallHandler = (_api, call) => {
  sendJson(call, 200, []);
};
