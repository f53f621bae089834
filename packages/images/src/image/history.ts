import type { ImageHistoryItem } from "@berth/spec";
import type { ImagesContext } from "../context.ts";
import { configOf } from "./config.ts";
import { familiarNames, findImage } from "./lookup.ts";
import { unixSeconds } from "./times.ts";

/** `ImageStore.history`: newest step first. Steps below the image itself have no id of their own. */
export function imageHistory(context: ImagesContext, reference: string): ImageHistoryItem[] {
  const row = findImage(context, reference);
  const layers = context.rows.layers(row.id);
  let next = 0;
  const items = (configOf(row).history ?? []).map((step): ImageHistoryItem => {
    const layer = step.empty_layer === true ? undefined : layers[next++];
    return {
      Id: "<missing>",
      Created: unixSeconds(step.created),
      CreatedBy: step.created_by ?? "",
      Tags: null,
      Size: layer?.size_bytes ?? 0,
      Comment: step.comment ?? "",
    };
  });
  items.reverse();
  const [top] = items;
  if (top !== undefined) {
    top.Id = row.id;
    const { tags } = familiarNames(context.rows.names(row.id));
    top.Tags = tags.length === 0 ? null : tags;
  }
  return items;
}
