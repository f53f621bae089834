import { isAtLeast } from "@berth/spec";
import type { CallHandler } from "../../call/call.ts";

/** POST /containers/{name}/stop. `signal` came with 1.42. */
export const stopContainer: CallHandler = async ({ engine }, { reply, path, query, version }) => {
  await engine.containers.stop(path("name"), {
    timeoutS: query.integerOrNull("t"),
    signal: isAtLeast(version, "1.42") ? query.textOrNull("signal") : null,
  });
  reply.send(204);
};
