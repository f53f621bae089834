import { fail } from "@berth/base";
import { familiarString, type NamedReference, parseAnyReference, parseReference, referenceString, withDefaultTag } from "@berth/spec";
import type { ImagesContext } from "../context.ts";
import type { ImageRow } from "./image.store.ts";

const idPrefix = /^(?:sha256:)?[0-9a-f]{1,64}$/;

/**
 * Finds an image as Docker does: a full id or digest, then a name, then a unique prefix of an id.
 * @throws not-found `No such image: nope:latest`; invalid for what is no reference
 */
export function findImage({ rows }: Pick<ImagesContext, "rows">, reference: string): ImageRow {
  const parsed = parseAnyReference(reference);
  if (parsed.kind === "digest") {
    const image = rows.image(parsed.digest);
    if (image === null) throw fail("not-found", `No such image: ${parsed.digest}`);
    return image;
  }
  const named = rows.nameTarget(storedName(parsed.name));
  const id = named ?? idByPrefix(rows, reference);
  const image = id === null ? null : rows.image(id);
  if (image === null) throw fail("not-found", `No such image: ${familiarString(withDefaultTag(parsed.name))}`);
  return image;
}

/** The one image whose id begins so; null when there is none or more than one. */
export function idByPrefix(rows: ImagesContext["rows"], reference: string): string | null {
  if (!idPrefix.test(reference)) return null;
  const ids = rows.idsByPrefix(reference.startsWith("sha256:") ? reference : `sha256:${reference}`);
  return ids.length === 1 ? (ids[0] ?? null) : null;
}

/** The form under which a name is stored: with its tag, or with its digest alone when it has both. */
export function storedName(name: NamedReference): string {
  return referenceString(name.digest === null ? withDefaultTag(name) : { ...name, tag: null });
}

/** Names of an image in Docker's short form, those with tags and those with digests. */
export function familiarNames(names: readonly string[]): { readonly tags: string[]; readonly digests: string[] } {
  const parsed = names.map(parseReference);
  return {
    tags: parsed.filter(({ tag, digest }) => tag !== null && digest === null).map(familiarString),
    digests: parsed.filter(({ digest }) => digest !== null).map(familiarString),
  };
}
