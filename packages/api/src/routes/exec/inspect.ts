import { type CallHandler, sendJson } from "../../call/call.ts";

/** GET /exec/{id}/json. */
export const inspectExec: CallHandler = ({ engine }, call) => {
  sendJson(call, 200, engine.execs.inspect(call.path("id")));
};
