import { defaultDomain, type NamedReference, officialPrefix } from "./reference.ts";

/** The full name without tag and digest: `docker.io/library/busybox`. */
export function referenceName(reference: NamedReference): string {
  return `${reference.domain}/${reference.path}`;
}

/** The full form with tag and digest: `docker.io/library/busybox:latest`. */
export function referenceString(reference: NamedReference): string {
  return referenceName(reference) + suffix(reference);
}

/** The name as Docker shows it: `busybox`, `me/app`, `localhost:5000/app`. */
export function familiarName(reference: NamedReference): string {
  if (reference.domain !== defaultDomain) return referenceName(reference);
  const short = reference.path.startsWith(officialPrefix) ? reference.path.slice(officialPrefix.length) : reference.path;
  return short.includes("/") ? reference.path : short;
}

/** The form Docker shows with tag and digest: `busybox:latest`. */
export function familiarString(reference: NamedReference): string {
  return familiarName(reference) + suffix(reference);
}

function suffix({ tag, digest }: NamedReference): string {
  return (tag === null ? "" : `:${tag}`) + (digest === null ? "" : `@${digest}`);
}
