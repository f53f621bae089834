import { type CallHandler, sendJson } from "../../call/call.ts";

/** GET /volumes/{name}. */
export const inspectVolume: CallHandler = ({ engine }, call) => {
  sendJson(call, 200, engine.volumes.inspect(call.path("name")));
};
