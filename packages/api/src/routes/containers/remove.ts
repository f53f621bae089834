import type { CallHandler } from "../../call/call.ts";

/** DELETE /containers/{name}. */
export const removeContainer: CallHandler = ({ engine }, call) => remove(engine, call, call.path("name"));

/** DELETE /containers/{name}/{alias}: a link, with `link=1`. */
export const removeLink: CallHandler = ({ engine }, call) => remove(engine, call, `${call.path("name")}/${call.path("alias")}`);

async function remove(
  engine: Parameters<CallHandler>[0]["engine"],
  { query, reply }: Parameters<CallHandler>[1],
  name: string,
): Promise<void> {
  await engine.containers.remove(name, { force: query.flag("force"), volumes: query.flag("v"), link: query.flag("link") });
  reply.send(204);
}
