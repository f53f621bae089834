import { type CallHandler, sendJson } from "../../call/call.ts";
import { refuseWithoutExperimental } from "../../gates/experimental.ts";

/** GET /containers/{name}/checkpoints. */
export const listCheckpoints: CallHandler = async (api, call) => {
  refuseWithoutExperimental(api);
  sendJson(call, 200, await api.engine.checkpoints.list(call.path("name"), { folder: call.query.text("dir") }));
};
