import { type CallHandler, sendJson } from "../../call/call.ts";
import { gateInfo } from "../../gates/info.ts";

/** GET /info. */
export const info: CallHandler = async ({ engine, experimental }, call) => {
  sendJson(call, 200, gateInfo({ ...(await engine.info()), ExperimentalBuild: experimental }, call.version));
};
