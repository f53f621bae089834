import type { CallHandler } from "../../call/call.ts";
import { sizeOf } from "../../call/size.ts";

/** POST /containers/{name}/resize. */
export const resizeContainer: CallHandler = async ({ engine }, { reply, path, query }) => {
  const { rows, columns } = sizeOf(query);
  await engine.containers.resize(path("name"), rows, columns);
  reply.send(200);
};
