import type { CallHandler } from "../../call/call.ts";

/** POST /images/{name}/tag. */
export const tagImage: CallHandler = ({ images }, { reply, path, query }) => {
  images.tag(path("name"), query.text("repo"), query.text("tag"));
  reply.send(201);
};
