import type { CallHandler } from "../../call/call.ts";
import { sizeOf } from "../../call/size.ts";

/** POST /exec/{id}/resize. */
export const resizeExec: CallHandler = async ({ engine }, { reply, path, query }) => {
  const { rows, columns } = sizeOf(query);
  await engine.execs.resize(path("id"), rows, columns);
  reply.send(200);
};
