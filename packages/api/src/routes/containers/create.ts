import { fail } from "@berth/base";
import { type ContainerCreateRequest, isAtLeast } from "@berth/spec";
import { type CallHandler, readJson, sendJson } from "../../call/call.ts";
import { gateCreate } from "../../gates/create.ts";
import { createRequest } from "../../shapes/container.ts";

/** POST /containers/create. */
export const createContainer: CallHandler = async ({ engine }, call) => {
  const { query, version } = call;
  const body = await readJson<ContainerCreateRequest>(call, createRequest);
  if (body === null && call.request.bodyLength === 0) throw fail("invalid", "EOF");
  if (body === null || !Object.keys(body).some((key) => key !== "HostConfig" && key !== "NetworkingConfig")) {
    throw fail("invalid", "Config cannot be empty in order to create a container");
  }
  const gated = gateCreate(body, version);
  const { id, warnings } = await engine.containers.create({
    name: query.textOrNull("name"),
    platform: isAtLeast(version, "1.41") ? query.textOrNull("platform") : null,
    request: gated.request,
    apiVersion: version,
  });
  sendJson(call, 201, { Id: id, Warnings: [...warnings, ...gated.warnings] });
};
