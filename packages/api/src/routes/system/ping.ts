import type { CallHandler } from "../../call/call.ts";

/** GET and HEAD /_ping: tells clients the API version; never cached. */
export const ping: CallHandler = (_api, { request, reply }) => {
  reply.setHeader("Cache-Control", "no-cache, no-store, must-revalidate");
  reply.setHeader("Pragma", "no-cache");
  reply.setHeader("Builder-Version", "1");
  reply.setHeader("Swarm", "inactive");
  reply.send(200, { type: "text/plain; charset=utf-8", bytes: request.method === "HEAD" ? "" : "OK" });
};
