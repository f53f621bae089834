import type { CallHandler } from "../../call/call.ts";

/** POST /containers/{name}/rename. */
export const renameContainer: CallHandler = async ({ engine }, { reply, path, query }) => {
  await engine.containers.rename(path("name"), query.text("name"));
  reply.send(204);
};
