import type { CallHandler } from "../../call/call.ts";

/** DELETE /volumes/{name}. */
export const removeVolume: CallHandler = async ({ engine }, { reply, path, query }) => {
  await engine.volumes.remove(path("name"), { force: query.flag("force") });
  reply.send(204);
};
