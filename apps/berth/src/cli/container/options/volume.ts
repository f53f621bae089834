import { resolve } from "node:path";

/** `--volume` values split into those with a source and anonymous ones. */
export interface Volumes {
  readonly binds: readonly string[];
  /** Paths inside the container that get a volume without a name. */
  readonly anonymous: readonly string[];
}

/**
 * Reads `[SOURCE:]TARGET[:OPTIONS]`. A source that begins with `.` is made absolute.
 * @throws with docker's words: `invalid spec: …: empty section between colons`, `too many colons`
 */
export function parseVolumes(values: readonly string[]): Volumes {
  const binds: string[] = [];
  const anonymous: string[] = [];
  for (const value of new Set(values)) {
    if (value === "") throw new Error("invalid empty volume spec");
    if (value.length <= 2) {
      anonymous.push(value);
      continue;
    }
    const [source = "", ...rest] = sections(value);
    if (rest.length === 0) anonymous.push(value);
    else binds.push(source.startsWith(".") ? [resolve(source), ...rest].join(":") : value);
  }
  return { binds, anonymous };
}

function sections(value: string): string[] {
  const parts: string[] = [];
  for (const part of value.split(":")) {
    const last = parts.at(-1);
    // A single letter before a colon is a drive: it belongs to the path behind it.
    if (last !== undefined && /^[A-Za-z]$/.test(last)) parts[parts.length - 1] = `${last}:${part}`;
    else parts.push(part);
  }
  if (parts.includes("")) throw new Error(`invalid spec: ${value}: empty section between colons`);
  if (parts.length > 3) throw new Error(`invalid spec: ${value}: too many colons`);
  return parts;
}
