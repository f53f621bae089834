import type { CallHandler } from "../../call/call.ts";
import { refuseWithoutExperimental } from "../../gates/experimental.ts";

/** DELETE /containers/{name}/checkpoints/{checkpoint}. */
export const removeCheckpoint: CallHandler = async (api, { reply, path, query }) => {
  refuseWithoutExperimental(api);
  await api.engine.checkpoints.remove(path("name"), { checkpoint: path("checkpoint"), folder: query.text("dir") });
  reply.send(204);
};
