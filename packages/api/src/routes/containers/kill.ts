import { fail, kindOf, messageOf } from "@berth/base";
import type { CallHandler } from "../../call/call.ts";

/** POST /containers/{name}/kill. Every refusal begins with the same words. */
export const killContainer: CallHandler = async ({ engine }, { reply, path, query }) => {
  const name = path("name");
  try {
    await engine.containers.kill(name, query.text("signal"));
  } catch (error) {
    const message = messageOf(error);
    if (message.startsWith("Cannot kill container")) throw error;
    throw fail(kindOf(error), `Cannot kill container: ${name}: ${message}`, error);
  }
  reply.send(204);
};
