import { type CallHandler, sendJson } from "../../call/call.ts";
import { gateSummaries } from "../../gates/container.ts";

/** GET /containers/json. A limit lists stopped containers too, as `all` does. */
export const listContainers: CallHandler = async ({ engine }, call) => {
  const { query, version } = call;
  const rows = await engine.containers.list({
    all: query.flag("all"),
    limit: query.integerOrNull("limit") ?? 0,
    size: query.flag("size"),
    filters: query.filters(),
  });
  sendJson(call, 200, gateSummaries(rows, version));
};
