import { type CallHandler, sendJson } from "../../call/call.ts";
import { gateImageInspect } from "../../gates/image.ts";

/** GET /images/{name}/json. */
export const inspectImage: CallHandler = ({ images }, call) => {
  sendJson(call, 200, gateImageInspect(images.inspect(call.path("name")), call.version));
};
