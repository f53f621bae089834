import { familiarString, parseReference, referenceString, withDefaultTag, withTag } from "@berth/spec";
import type { ImagesContext } from "../context.ts";
import { checkNameAllowed } from "../load/commit.ts";
import { findImage } from "./lookup.ts";

/** `ImageStore.tag`. */
export function tagImage(context: ImagesContext, reference: string, options: { readonly repository: string; readonly tag: string }): void {
  const { id } = findImage(context, reference);
  const parsed = parseReference(options.repository);
  const name = withDefaultTag(options.tag === "" ? parsed : withTag(parsed, options.tag));
  checkNameAllowed(name);
  context.rows.transaction(() => context.rows.setName(referenceString(name), id, context.clock.nowMs()));
  context.events.emit("tag", id, familiarString(name));
}
