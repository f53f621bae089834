import { type CallHandler, sendJson } from "../../call/call.ts";

/** GET /containers/{name}/changes. */
export const containerChanges: CallHandler = async ({ engine }, call) => {
  const changes = await engine.files.changes(call.path("name"));
  sendJson(call, 200, changes.length === 0 ? null : changes);
};
