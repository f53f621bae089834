import type { VolumeCreateRequest } from "@berth/spec";
import { type CallHandler, readJson, sendJson } from "../../call/call.ts";
import { volumeCreateRequest } from "../../shapes/volume.ts";

/** POST /volumes/create. */
export const createVolume: CallHandler = async ({ engine }, call) => {
  const body = (await readJson<VolumeCreateRequest>(call, volumeCreateRequest)) ?? {};
  sendJson(call, 201, await engine.volumes.create(body));
};
