import { type CallHandler, sendJson } from "../../call/call.ts";

/** GET /containers/{name}/top. */
export const topContainer: CallHandler = async ({ engine }, call) => {
  sendJson(call, 200, await engine.containers.top(call.path("name"), call.query.text("ps_args")));
};
