import type { CallHandler } from "../../call/call.ts";

/** DELETE /networks/{id}. */
export const removeNetwork: CallHandler = async ({ engine }, { reply, path }) => {
  await engine.networks.remove(path("id"));
  reply.send(204);
};
