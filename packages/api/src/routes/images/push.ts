import { fail } from "@berth/base";
import type { CallHandler } from "../../call/call.ts";

/** POST /images/{name}/push. As in Docker below 24 a push without credentials, even empty ones, is refused first. */
export const pushImage: CallHandler = (_api, { request }) => {
  if (request.headers["x-registry-auth"] === undefined) throw fail("invalid", "Bad parameters and missing X-Registry-Auth: EOF");
  throw fail("not-implemented", "not supported by this version of Berth: pushing images");
};
