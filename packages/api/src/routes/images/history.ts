import { type CallHandler, sendJson } from "../../call/call.ts";

/** GET /images/{name}/history. */
export const imageHistory: CallHandler = ({ images }, call) => {
  sendJson(call, 200, images.history(call.path("name")));
};
