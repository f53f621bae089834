import { fail } from "@berth/base";
import type { CallHandler } from "../../call/call.ts";

/** Longest body that still counts as none: some clients send `{}` or `null` with line ends. */
const emptyBodyBytes = 7;

/** POST /containers/{name}/start. A body was another API once and is refused. */
export const startContainer: CallHandler = async ({ engine, experimental }, { request, reply, path, query }) => {
  if (request.bodyLength === null || request.bodyLength > emptyBodyBytes) {
    throw fail("invalid", "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24");
  }
  const checkpoint = query.text("checkpoint");
  if (checkpoint !== "" && !experimental) throw fail("invalid", "checkpoint is only supported in experimental mode");
  if (query.text("checkpoint-dir") !== "") {
    await engine.containers.inspect(path("name"), { size: false });
    throw fail("forbidden", "custom checkpointdir is not supported");
  }
  await engine.containers.start(path("name"), { checkpoint: checkpoint === "" ? null : checkpoint });
  reply.send(204);
};
