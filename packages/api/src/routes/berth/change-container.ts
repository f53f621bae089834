import { fail } from "@berth/base";
import type { ContainerChangeRequest } from "@berth/spec";
import { type CallHandler, readJson, sendJson } from "../../call/call.ts";
import { changeRequest } from "../../shapes/container.ts";

/** POST /berth/containers/{name}/change: an extension, see docs/extensions.md. */
export const changeContainer: CallHandler = async ({ engine }, call) => {
  const request = await readJson<ContainerChangeRequest>(call, changeRequest);
  if (request === null) throw fail("invalid", "a change needs a body that says what to change");
  sendJson(call, 200, await engine.containers.change(call.path("name"), { request, dryRun: call.query.flag("dry-run") }));
};
