import type { CallHandler } from "../../call/call.ts";

/** DELETE /containers/{name}. */
export const removeContainer: CallHandler = async ({ engine }, { reply, path, query }) => {
  await engine.containers.remove(path("name"), { force: query.flag("force"), volumes: query.flag("v"), link: query.flag("link") });
  reply.send(204);
};
