import type { Fields } from "../json-file.ts";

/** A context as docker keeps it on disk, in `contexts/meta/<sha256 of its name>/meta.json`. */
export interface StoredContext {
  readonly name: string;
  /** `Description`, and whatever else was put there. */
  readonly metadata: Fields;
  /** By kind; the engine's is `docker`. */
  readonly endpoints: Readonly<Record<string, Fields>>;
}

/** Files with certificates and keys, by endpoint and name. */
export type TlsFiles = Readonly<Record<string, Readonly<Record<string, Uint8Array>>>>;

/** The name of the context that stands for flags, environment and Berth's own socket; it has no files. */
export const defaultName = "default";
/** What docker says of it. */
export const defaultDescription = "Current DOCKER_HOST based configuration";
/** The endpoint that is an engine. */
export const engineEndpoint = "docker";

const pattern = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/;

/** What is wrong with a context's name, in docker's words; undefined when it is good. */
export function complaintAbout(name: string): string | undefined {
  if (name === defaultName) return `"${defaultName}" is a reserved context name`;
  if (pattern.test(name)) return undefined;
  return `context name ${JSON.stringify(name)} is invalid, names are validated against regexp "${pattern.source}"`;
}

/** The address of a context's engine; empty when it has none, which stands for the default one. */
export function hostOf({ endpoints }: StoredContext): string {
  const host = endpoints[engineEndpoint]?.["Host"];
  return typeof host === "string" ? host : "";
}

/** A description; empty when there is none. */
export function descriptionOf({ metadata }: Pick<StoredContext, "metadata">): string {
  const description = metadata["Description"];
  return typeof description === "string" ? description : "";
}

/** The folders of a context. */
export function foldersOf(directory: string, name: string): { readonly meta: string; readonly tls: string } {
  const id = new Bun.CryptoHasher("sha256").update(name).digest("hex");
  return { meta: `${directory}/contexts/meta/${id}`, tls: `${directory}/contexts/tls/${id}` };
}
