import { fail } from "@berth/base";
import { isPredefined } from "@berth/network";
import type { CallHandler } from "../../call/call.ts";

/** DELETE /networks/{id}. All networks of this engine always exist. */
export const removeNetwork: CallHandler = ({ networks }, { path }) => {
  const { name } = networks.inspect(path("id"));
  if (isPredefined(name)) throw fail("forbidden", `${name} is a pre-defined network and cannot be removed`);
  throw fail("not-implemented", "not supported by this version of Berth: removing networks");
};
