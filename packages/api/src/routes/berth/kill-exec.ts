import { type CallHandler, sendJson } from "../../call/call.ts";

/** POST /berth/execs/{reference}/kill: an extension, see docs/extensions.md. */
export const killExec: CallHandler = async ({ engine }, call) => {
  sendJson(call, 200, await engine.execs.kill(call.path("reference"), call.query.text("signal")));
};
