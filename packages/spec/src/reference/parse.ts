import { fail } from "@berth/base";
import { type AnyReference, defaultDomain, defaultTag, type NamedReference, officialPrefix } from "./reference.ts";

// The grammar of github.com/distribution/reference.
const component = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const host = `(?:${component}(?:\\.${component})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`;
const pathComponent = "[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*";
const path = `${pathComponent}(?:/${pathComponent})*`;
const tag = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
const digest = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
const fullPattern = new RegExp(`^(?:(${host})/)?(${path})(?::(${tag}))?(?:@(${digest}))?$`);
const tagPattern = new RegExp(`^${tag}$`);
const identifierPattern = /^[a-f0-9]{64}$/;

/** The longest path of a repository's name. */
const longestPath = 255;
/** More than a domain, the longest path, a tag and a sha512 digest together need: nothing longer is looked at. */
const longestReference = 1024;
const digestLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/**
 * Parses a name as people write it (`busybox`, `me/app:1`, `localhost:5000/a@sha256:…`) into its full form.
 * @throws invalid, in the words of Docker Engine 20.10 (`invalid reference format`, …)
 */
export function parseReference(text: string): NamedReference {
  if (identifierPattern.test(text)) {
    throw fail("invalid", `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  if (text.length > longestReference) throw fail("invalid", "invalid reference format");
  const [domain, rest] = splitDomain(text);
  const colon = rest.indexOf(":");
  const remote = colon < 0 ? rest : rest.slice(0, colon);
  if (remote.toLowerCase() !== remote) throw fail("invalid", "invalid reference format: repository name must be lowercase");
  const match = fullPattern.exec(`${domain}/${rest}`);
  if (match === null) throw fail("invalid", "invalid reference format");
  const found = { domain: match[1] ?? "", path: match[2] ?? "", tag: match[3] ?? null, digest: match[4] ?? null };
  if (found.path.length > longestPath) {
    throw fail("invalid", `repository name must not be more than ${longestPath} characters`);
  }
  if (found.digest !== null) checkDigest(found.digest);
  return found;
}

/**
 * Parses what names an image: 64 hexadecimal digits or a digest is an id, everything else a name.
 * @throws invalid, in Docker's words
 */
export function parseAnyReference(text: string): AnyReference {
  if (identifierPattern.test(text)) return { kind: "digest", digest: `sha256:${text}` };
  if (isDigest(text)) return { kind: "digest", digest: text };
  return { kind: "name", name: parseReference(text) };
}

/**
 * A name with another tag.
 * @throws invalid `invalid tag format`
 */
export function withTag(name: NamedReference, newTag: string): NamedReference {
  if (!tagPattern.test(newTag)) throw fail("invalid", "invalid tag format");
  return { ...name, tag: newTag };
}

/** Adds the tag `latest` to a name that has neither tag nor digest. */
export function withDefaultTag(name: NamedReference): NamedReference {
  return name.tag === null && name.digest === null ? { ...name, tag: defaultTag } : name;
}

/** Whether a string is a digest of a known algorithm (sha256, sha384, sha512) and of the right length. */
export function isDigest(text: string): boolean {
  const match = /^([a-z0-9]+):([0-9a-f]+)$/.exec(text);
  return match?.[2] !== undefined && digestLengths[match[1] ?? ""] === match[2].length;
}

function checkDigest(text: string): void {
  if (isDigest(text)) return;
  const [algorithm = "", hex = ""] = text.split(":");
  const length = digestLengths[algorithm];
  if (length === undefined) throw fail("invalid", "unsupported digest algorithm");
  throw fail("invalid", hex.length === length ? "invalid checksum digest format" : "invalid checksum digest length");
}

/** Tells a registry's host from the first part of a path. */
function splitDomain(text: string): [domain: string, rest: string] {
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  if (slash < 0 || (!/[.:]/.test(first) && first !== "localhost")) return official(defaultDomain, text);
  const domain = first === "index.docker.io" ? defaultDomain : first;
  return official(domain, text.slice(slash + 1));
}

function official(domain: string, rest: string): [string, string] {
  return domain === defaultDomain && !rest.includes("/") ? [domain, officialPrefix + rest] : [domain, rest];
}
