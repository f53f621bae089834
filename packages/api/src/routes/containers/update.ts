import { fail } from "@berth/base";
import type { ContainerUpdateRequest } from "@berth/spec";
import { type CallHandler, readJson, sendJson } from "../../call/call.ts";
import { gateUpdate } from "../../gates/update.ts";
import { updateRequest } from "../../shapes/container.ts";

/** POST /containers/{name}/update. */
export const updateContainer: CallHandler = async ({ engine }, call) => {
  const body = await readJson<ContainerUpdateRequest>(call, updateRequest);
  if (body === null && call.request.bodyLength === 0) throw fail("invalid", "EOF");
  const { warnings } = await engine.containers.update(call.path("name"), gateUpdate(body ?? {}, call.version));
  sendJson(call, 200, { Warnings: warnings.length === 0 ? null : warnings });
};
