import { type CallHandler, sendJson } from "../../call/call.ts";
import { gateInspect } from "../../gates/container.ts";

/** GET /containers/{name}/json. */
export const inspectContainer: CallHandler = async ({ engine }, call) => {
  const container = await engine.containers.inspect(call.path("name"), { size: call.query.flag("size") });
  sendJson(call, 200, gateInspect(container, call.version));
};
