import type { CallHandler } from "../../call/call.ts";

/** POST /containers/{name}/unpause. */
export const unpauseContainer: CallHandler = async ({ engine }, { reply, path }) => {
  await engine.containers.unpause(path("name"));
  reply.send(204);
};
