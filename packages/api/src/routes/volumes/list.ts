import { type CallHandler, sendJson } from "../../call/call.ts";

/** GET /volumes. */
export const listVolumes: CallHandler = ({ engine }, call) => {
  sendJson(call, 200, { Volumes: engine.volumes.list(call.query.filters()), Warnings: null });
};
