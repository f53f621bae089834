import { fail } from "@berth/base";
import { isAtLeast, writeJson } from "@berth/spec";
import { type CallHandler, sendJson } from "../../call/call.ts";

/** GET /containers/{name}/stats: a frame each second, or with `stream=0` one. `one-shot` came with 1.41. */
export const containerStats: CallHandler = async ({ engine }, call) => {
  const { query, request, reply, version, path } = call;
  const stream = query.flagOr("stream", true);
  const oneShot = isAtLeast(version, "1.41") && query.flag("one-shot");
  if (stream && oneShot) throw fail("invalid", "cannot have stream=true and one-shot=true");
  if (!stream) {
    sendJson(call, 200, await engine.containers.stats(path("name"), { oneShot }));
    return;
  }
  const frames = engine.containers.watchStats(path("name"), request.signal);
  const sink = reply.stream(200, "application/json");
  for await (const frame of frames) await sink.write(`${writeJson(frame)}\n`);
  sink.end();
};
