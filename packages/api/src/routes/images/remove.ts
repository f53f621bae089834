import { fail } from "@berth/base";
import { type CallHandler, sendJson } from "../../call/call.ts";

/** DELETE /images/{name}. */
export const removeImage: CallHandler = async ({ images, imageUsers }, call) => {
  const { query } = call;
  const name = call.path("name");
  if (name.trim() === "") throw fail("invalid", "image name cannot be blank");
  const removed = await images.remove(name, { force: query.flag("force"), noPrune: query.flag("noprune") }, imageUsers);
  sendJson(call, 200, removed);
};
