import type { CallHandler } from "../../call/call.ts";

/** POST /containers/{name}/pause. */
export const pauseContainer: CallHandler = async ({ engine }, { reply, path }) => {
  await engine.containers.pause(path("name"));
  reply.send(204);
};
