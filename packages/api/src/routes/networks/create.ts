import type { NetworkCreateRequest } from "@berth/spec";
import { type CallHandler, readJson, sendJson } from "../../call/call.ts";
import { networkCreateRequest } from "../../shapes/network.ts";

/** POST /networks/create. A name that is taken is refused in every API version, as by Docker since 1.44. */
export const createNetwork: CallHandler = async ({ engine }, call) => {
  const body = (await readJson<NetworkCreateRequest>(call, networkCreateRequest)) ?? {};
  const { id } = await engine.networks.create(body);
  sendJson(call, 201, { Id: id, Warning: "" });
};
