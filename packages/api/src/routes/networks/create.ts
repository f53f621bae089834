import { fail } from "@berth/base";
import { isPredefined } from "@berth/network";
import { type CallHandler, readJson } from "../../call/call.ts";
import { networkCreateRequest } from "../../shapes/network.ts";

/** POST /networks/create. The networks that always exist cannot be made again; others are not there yet. */
export const createNetwork: CallHandler = async (_api, call) => {
  const body = await readJson<{ Name?: string }>(call, networkCreateRequest);
  const name = body?.Name ?? "";
  if (isPredefined(name)) throw fail("forbidden", `operation is not permitted on predefined ${name} network `);
  throw fail("not-implemented", "not supported by this version of Berth: creating networks");
};
