import { shortId } from "@berth/base";
import type { ImageSummary } from "@berth/spec";
import { formatDuration, formatLocalTime, formatSize } from "@berth/spec";
import type { Headers, Row } from "../format/rows.ts";

/** The words above the columns of `images`. */
export const imageHeaders: Headers = {
  ID: "IMAGE ID",
  Repository: "REPOSITORY",
  Tag: "TAG",
  Digest: "DIGEST",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  Size: "SIZE",
  Containers: "CONTAINERS",
  SharedSize: "SHARED SIZE",
  UniqueSize: "UNIQUE SIZE",
  VirtualSize: "SIZE",
};

/** How images become lines. */
export interface ImageRowOptions {
  readonly trunc: boolean;
  readonly nowMs: number;
  /** Whether digests are shown. */
  readonly digests: boolean;
  /** Whether a name with several digests gets a line for each. */
  readonly everyDigest: boolean;
}

/** A line for every name of every image; an image without a name has one too. */
export function imageRows(images: readonly ImageSummary[], options: ImageRowOptions): Row[] {
  return images.flatMap((image) => namesOf(image, options).map((name) => imageRow(image, name, options)));
}

interface ImageName {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

const none = "<none>";

function namesOf(image: ImageSummary, options: ImageRowOptions): ImageName[] {
  const tags = (image.RepoTags ?? []).filter((tag) => tag !== "<none>:<none>");
  const digests = new Map<string, string[]>();
  for (const text of image.RepoDigests ?? []) {
    const at = text.indexOf("@");
    const repository = text.slice(0, at);
    if (at <= 0 || repository === none) continue;
    digests.set(repository, [...(digests.get(repository) ?? []), text.slice(at + 1)]);
  }
  if (tags.length === 0 && digests.size === 0) return [{ repository: none, tag: none, digest: none }];
  const names: ImageName[] = [];
  const used = new Set<string>();
  for (const text of tags) {
    const colon = text.lastIndexOf(":");
    const [repository, tag] = [text.slice(0, colon), text.slice(colon + 1)];
    used.add(repository);
    const known = options.digests ? (digests.get(repository) ?? []) : [];
    if (known.length === 0) names.push({ repository, tag, digest: none });
    for (const digest of known) names.push({ repository, tag, digest });
  }
  for (const [repository, known] of digests) {
    if (used.has(repository)) continue;
    if (!options.everyDigest) names.push({ repository, tag: none, digest: "" });
    else for (const digest of known) names.push({ repository, tag: none, digest });
  }
  return names;
}

function imageRow(image: ImageSummary, name: ImageName, { trunc, nowMs }: ImageRowOptions): Row {
  const shared = image.SharedSize ?? -1;
  return {
    ID: trunc ? shortId(image.Id) : image.Id,
    Repository: name.repository,
    Tag: name.tag,
    Digest: name.digest,
    CreatedSince: `${formatDuration(nowMs - image.Created * 1000)} ago`,
    get CreatedAt() {
      return formatLocalTime(image.Created);
    },
    Size: formatSize(image.Size, 3),
    VirtualSize: formatSize(image.Size),
    Containers: image.Containers === -1 ? "N/A" : String(image.Containers),
    SharedSize: shared === -1 ? "N/A" : formatSize(shared),
    UniqueSize: shared === -1 ? "N/A" : formatSize(image.Size - shared),
  };
}
