import { isAtLeast } from "@berth/spec";
import type { CallHandler } from "../../call/call.ts";

/** POST /containers/{name}/restart. `signal` came with 1.42. */
export const restartContainer: CallHandler = async ({ engine }, { reply, path, query, version }) => {
  await engine.containers.restart(path("name"), {
    timeoutS: query.integerOrNull("t"),
    signal: isAtLeast(version, "1.42") ? query.textOrNull("signal") : null,
  });
  reply.send(204);
};
