import { isAtLeast } from "@berth/spec";
import { type CallHandler, sendJson } from "../../call/call.ts";
import { gateImageRows } from "../../gates/image.ts";

/** GET /images/json. Before 1.41 a reference filter could stand in `filter`. */
export const listImages: CallHandler = async ({ images, imageUsers }, call) => {
  const { query, version } = call;
  const filters = query.filters();
  const old = isAtLeast(version, "1.41") ? null : query.textOrNull("filter");
  const rows = await images.list(
    {
      all: query.flag("all"),
      filters: old === null || filters["reference"] !== undefined ? filters : { ...filters, reference: [old] },
      sharedSize: isAtLeast(version, "1.42") && query.flag("shared-size"),
    },
    imageUsers,
  );
  sendJson(call, 200, gateImageRows(rows, version));
};
