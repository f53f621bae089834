import { fail, shortId } from "@berth/base";
import { familiarString, type ImageDeleteItem, type NamedReference, parseReference, referenceName, referenceString } from "@berth/spec";
import type { ImagesContext } from "../context.ts";
import type { ImageUser } from "../ports.ts";
import { chainIds } from "./chain.ts";
import { findImage, storedName } from "./lookup.ts";
import { sweep } from "./sweep.ts";

/**
 * `ImageStore.remove`, by Docker's rules: a name is only untagged while others are left; the last one takes the image
 * with it; an id needs force when several repositories name it; running containers forbid it in any case.
 */
export async function removeImage(
  context: ImagesContext,
  reference: string,
  options: { readonly force: boolean },
  users: (imageId: string) => readonly ImageUser[],
): Promise<ImageDeleteItem[]> {
  const { id } = findImage(context, reference);
  const layers = context.rows.layers(id);
  const removal: Removal = { context, id, force: options.force, users: users(id), items: [], events: [] };
  const deleted = await context.steps.run("unload.rows", () =>
    context.rows.transaction(() => {
      // The body may run twice.
      removal.items.length = 0;
      removal.events.length = 0;
      return isIdPrefix(id, reference) ? removeById(removal) : removeByName(removal, reference);
    }),
  );
  for (const { action, name } of removal.events) context.events.emit(action, id, name);
  if (!deleted) return removal.items;
  await context.steps.run("unload.files", () => sweep(context));
  const chain = chainIds(layers.map(({ diff_id }) => diff_id));
  for (let at = layers.length - 1; at >= 0; at--) {
    if (context.rows.layerDirectory(layers[at]?.diff_id ?? "") === null) removal.items.push({ Deleted: chain[at] ?? "" });
  }
  return removal.items;
}

interface Removal {
  readonly context: ImagesContext;
  readonly id: string;
  readonly force: boolean;
  readonly users: readonly ImageUser[];
  readonly items: ImageDeleteItem[];
  readonly events: { readonly action: "untag" | "delete"; readonly name: string }[];
}

function removeByName(removal: Removal, reference: string): boolean {
  const { context, id, force, users } = removal;
  const [user] = users;
  if (!force && user !== undefined && isSingleReference(namesOf(removal))) {
    throw fail(
      "conflict",
      `conflict: unable to remove repository reference ${JSON.stringify(reference)} (must force) - container ${shortId(user.containerId)} is using its referenced image ${shortId(id)}`,
    );
  }
  const name = parseReference(storedName(parseReference(reference)));
  untag(removal, name);
  const left = namesOf(removal);
  const sameRepository = left.filter((other) => referenceName(other) === referenceName(name));
  // Digests of a repository go with its last tag.
  if (name.digest === null && sameRepository.every(({ digest }) => digest !== null)) {
    for (const other of sameRepository) untag(removal, other, false);
  }
  if (context.rows.names(id).length > 0) return false;
  return deleteImage(removal, true);
}

function removeById(removal: Removal): boolean {
  const names = namesOf(removal);
  if (isSingleReference(names)) {
    throwConflict(removal, findConflict(removal, false));
    for (const name of names) untag(removal, name);
  }
  return deleteImage(removal, false);
}

/** `quiet`: the name is gone already; a container that still uses the image lets it live on without names. */
function deleteImage(removal: Removal, quiet: boolean): boolean {
  const { context, id } = removal;
  const conflict = findConflict(removal, true);
  if (conflict !== null) {
    if (quiet && (conflict.used || context.rows.names(id).length > 0)) return false;
    throwConflict(removal, conflict);
  }
  for (const name of namesOf(removal)) untag(removal, name);
  context.rows.removeImage(id);
  removal.events.push({ action: "delete", name: id });
  removal.items.push({ Deleted: id });
  return true;
}

interface Conflict {
  readonly hard: boolean;
  readonly used: boolean;
  readonly message: string;
}

function findConflict({ context, id, force, users }: Removal, countNames: boolean): Conflict | null {
  const running = users.find((user) => user.running);
  if (running !== undefined) {
    return { hard: true, used: true, message: `image is being used by running container ${shortId(running.containerId)}` };
  }
  if (force) return null;
  if (countNames && context.rows.names(id).length > 0) {
    return { hard: false, used: false, message: "image is referenced in multiple repositories" };
  }
  const [stopped] = users;
  if (stopped === undefined) return null;
  return { hard: false, used: true, message: `image is being used by stopped container ${shortId(stopped.containerId)}` };
}

function throwConflict({ id }: Removal, conflict: Conflict | null): void {
  if (conflict === null) return;
  const force = conflict.hard ? "cannot be forced" : "must be forced";
  throw fail("conflict", `conflict: unable to delete ${shortId(id)} (${force}) - ${conflict.message}`);
}

function namesOf({ context, id }: Removal): NamedReference[] {
  return context.rows.names(id).map(parseReference);
}

function untag({ context, id, items, events }: Removal, name: NamedReference, tell = true): void {
  context.rows.removeName(referenceString(name));
  items.push({ Untagged: familiarString(name) });
  if (tell) events.push({ action: "untag", name: id });
}

/** At most one tag, and digests only of the same repository. */
function isSingleReference(names: readonly NamedReference[]): boolean {
  const tags = names.filter(({ digest }) => digest === null);
  const repositories = new Set(names.map(referenceName));
  return names.length > 0 && tags.length <= 1 && repositories.size === 1;
}

function isIdPrefix(id: string, reference: string): boolean {
  return id.startsWith(reference) || id.slice(id.indexOf(":") + 1).startsWith(reference);
}
