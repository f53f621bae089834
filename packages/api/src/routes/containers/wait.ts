import { fail } from "@berth/base";
import type { WaitCondition } from "@berth/engine";
import { isAtLeast, writeJson } from "@berth/spec";
import type { CallHandler } from "../../call/call.ts";
import { gateWait } from "../../gates/wait.ts";

/**
 * POST /containers/{name}/wait. The headers leave as soon as the wait is registered: clients start the container only then.
 * Before 1.30 there were no conditions.
 */
export const waitContainer: CallHandler = async ({ engine }, { request, reply, path, query, version }) => {
  const condition = isAtLeast(version, "1.30") ? conditionOf(query.text("condition"), version) : "not-running";
  const { result, cancel } = engine.containers.wait(path("name"), condition);
  request.signal.addEventListener("abort", cancel, { once: true });
  const sink = reply.stream(200, "application/json");
  if (request.signal.aborted) cancel();
  const ended = await result;
  request.signal.removeEventListener("abort", cancel);
  await sink.write(`${writeJson(gateWait(ended, version))}\n`);
  sink.end();
};

/** Before 1.42 an unknown condition was the default one. */
function conditionOf(text: string, version: string): WaitCondition {
  switch (text) {
    case "":
    case "not-running":
      return "not-running";
    case "next-exit":
    case "removed":
      return text;
    default:
      if (!isAtLeast(version, "1.42")) return "not-running";
      throw fail("invalid", `invalid condition: ${JSON.stringify(text)}`);
  }
}
