import type { CallHandler } from "../../call/call.ts";

/** POST /containers/{name}/kill. */
export const killContainer: CallHandler = async ({ engine }, { reply, path, query }) => {
  await engine.containers.kill(path("name"), query.text("signal"));
  reply.send(204);
};
