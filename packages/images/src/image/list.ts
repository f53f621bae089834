import { fail } from "@berth/base";
import {
  familiarName,
  familiarString,
  type Filters,
  type ImageConfig,
  type ImageSummary,
  parseReference,
  referenceName,
  type Pattern,
} from "@berth/spec";
import type { ImagesContext } from "../context.ts";
import type { ImageUser } from "../ports.ts";
import { configOf } from "./config.ts";
import { globPattern } from "./glob.ts";
import type { ImageLayerRow, ImageRow } from "./image.store.ts";
import { familiarNames, findImage } from "./lookup.ts";
import { unixNanoseconds, unixSeconds } from "./times.ts";
import { parseUntil } from "./until.ts";

const knownFilters = new Set(["dangling", "label", "before", "since", "reference", "until"]);

interface Selection {
  readonly dangling: boolean | null;
  readonly labels: readonly string[];
  readonly beforeNs: bigint | null;
  readonly sinceNs: bigint | null;
  readonly references: readonly Pattern[];
}

/**
 * `ImageStore.list`: newest first.
 * @throws invalid `Invalid filter 'x'`; not-found when `before` or `since` names no image
 */
export async function listImages(
  context: ImagesContext,
  options: { readonly filters: Filters; readonly sharedSize: boolean },
  users: (imageId: string) => readonly ImageUser[],
): Promise<ImageSummary[]> {
  const selection = readFilters(context, options.filters);
  const use = options.sharedSize ? context.rows.layerUse() : null;
  const summaries: ImageSummary[] = [];
  for (const row of context.rows.images()) {
    const config = configOf(row);
    if (!matchesConfig(selection, config)) continue;
    const names = matchingNames(selection, context.rows.names(row.id));
    if (names === null) continue;
    const layers = context.rows.layers(row.id);
    summaries.push(
      summarize({
        row,
        config,
        names,
        layers,
        use,
        containers: users(row.id).length,
        parentId: context.rows.image(row.parent_id)?.id ?? "",
      }),
    );
  }
  return summaries.sort((a, b) => b.Created - a.Created);
}

function summarize(found: {
  readonly row: ImageRow;
  readonly config: ImageConfig;
  readonly names: readonly string[];
  readonly layers: readonly ImageLayerRow[];
  readonly use: ReadonlyMap<string, number> | null;
  readonly containers: number;
  readonly parentId: string;
}): ImageSummary {
  const { row, config, layers, use } = found;
  const { tags, digests } = familiarNames(found.names);
  const bytes = (some: readonly ImageLayerRow[]): number => some.reduce((total, { size_bytes }) => total + size_bytes, 0);
  return {
    Id: row.id,
    ParentId: found.parentId,
    RepoTags: tags,
    RepoDigests: digests,
    Created: unixSeconds(config.created),
    Size: bytes(layers),
    SharedSize: use === null ? -1 : bytes(layers.filter(({ diff_id }) => (use.get(diff_id) ?? 0) > 1)),
    Labels: config.config?.Labels ?? null,
    Containers: found.containers,
  };
}

function readFilters(context: ImagesContext, filters: Filters): Selection {
  for (const key of Object.keys(filters)) if (!knownFilters.has(key)) throw fail("invalid", `Invalid filter '${key}'`);
  const created = (key: string): bigint[] =>
    (filters[key] ?? []).map((reference) => unixNanoseconds(configOf(findImage(context, reference)).created) ?? 0n);
  const before = [...created("before"), ...(filters["until"] ?? []).map((value) => parseUntil(value, context.clock.nowMs()))];
  const since = created("since");
  return {
    dangling: readFlag(filters["dangling"]),
    labels: filters["label"] ?? [],
    beforeNs: before.length === 0 ? null : before.reduce((a, b) => (a < b ? a : b)),
    sinceNs: since.length === 0 ? null : since.reduce((a, b) => (a > b ? a : b)),
    references: (filters["reference"] ?? []).map(globPattern),
  };
}

function readFlag(values: readonly string[] | undefined): boolean | null {
  if (values === undefined || values.length === 0) return null;
  const [value = ""] = values;
  if (values.length === 1 && /^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (values.length === 1 && /^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw fail("invalid", `Invalid filter 'dangling=[${values.join(" ")}]'`);
}

function matchesConfig(selection: Selection, config: ImageConfig): boolean {
  const created = unixNanoseconds(config.created);
  if (selection.beforeNs !== null && (created === null || created >= selection.beforeNs)) return false;
  if (selection.sinceNs !== null && (created === null || created <= selection.sinceNs)) return false;
  const labels = config.config?.Labels ?? {};
  return selection.labels.every((wanted) => {
    const equals = wanted.indexOf("=");
    const key = equals < 0 ? wanted : wanted.slice(0, equals);
    return Object.hasOwn(labels, key) && (equals < 0 || labels[key] === wanted.slice(equals + 1));
  });
}

/** The names to show, or null when the image is not wanted. */
function matchingNames(selection: Selection, names: readonly string[]): readonly string[] | null {
  const shown = selection.references.length === 0 ? names : names.filter((name) => matchesReference(selection.references, name));
  const tagged = shown.some((name) => parseReference(name).tag !== null);
  if (shown.length === 0 && (selection.dangling === false || selection.references.length > 0)) return null;
  return selection.dangling === true && tagged ? null : shown;
}

function matchesReference(patterns: readonly Pattern[], name: string): boolean {
  const reference = parseReference(name);
  const forms = [familiarString(reference), familiarName(reference), name, referenceName(reference)];
  return patterns.some((pattern) => forms.some((form) => pattern.test(form)));
}
