import { fail } from "@berth/base";
import { type CallHandler, sendJson } from "../../call/call.ts";
import { imageUsers } from "../../call/image-users.ts";

/** DELETE /images/{name}. */
export const removeImage: CallHandler = async ({ engine, images }, call) => {
  const { query } = call;
  const name = call.path("name");
  if (name.trim() === "") throw fail("invalid", "image name cannot be blank");
  const removed = await images.remove(name, { force: query.flag("force"), noPrune: query.flag("noprune") }, await imageUsers(engine));
  sendJson(call, 200, removed);
};
