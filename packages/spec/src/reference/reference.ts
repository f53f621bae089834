/** A repository's name with a tag, a digest, both or neither, in the full form (`docker.io/library/busybox`). */
export interface NamedReference {
  /** Registry host with its port: `docker.io`, `localhost:5000`. */
  readonly domain: string;
  /** `library/busybox`. */
  readonly path: string;
  readonly tag: string | null;
  /** `sha256:…`. */
  readonly digest: string | null;
}

/** What a user may type where an image is wanted: a name, or an id in full (with or without `sha256:`). */
export type AnyReference = { readonly kind: "name"; readonly name: NamedReference } | { readonly kind: "digest"; readonly digest: string };

/** Domain that short names belong to, and the namespace of its official images. */
export const defaultDomain = "docker.io";
export const officialPrefix = "library/";
/** Tag of a name that was given without one. */
export const defaultTag = "latest";
