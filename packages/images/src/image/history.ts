import type { ImageHistoryItem } from "@berth/spec";
import type { ImagesContext } from "../context.ts";
import { configOf } from "./config.ts";
import type { ImageRow } from "./image.store.ts";
import { familiarNames, findImage } from "./lookup.ts";
import { unixSeconds } from "./times.ts";

/** `ImageStore.history`: newest step first. Steps of images that came whole have no id of their own. */
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
  // The images that it was made from here stand at their own steps.
  let at: ImageRow | null = row;
  for (const item of items) {
    if (at === null) break;
    item.Id = at.id;
    const { tags } = familiarNames(context.rows.names(at.id));
    item.Tags = tags.length === 0 ? null : tags;
    at = context.rows.image(at.parent_id);
  }
  return items;
}
