import { type CallHandler, sendJson } from "../../call/call.ts";

/** GET /berth/execs: an extension, see docs/extensions.md. */
export const listExecs: CallHandler = ({ engine }, call) => {
  sendJson(call, 200, engine.execs.list({ container: call.query.textOrNull("container"), all: call.query.flag("all") }));
};
