/** A binary package repository of APT's configuration (sources.list(5)). */
export interface AptSource {
  /** With user and password when the configuration has them; see {@link withoutCredentials}. */
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** A key file of the host, or null. A key that stands in the configuration itself is not carried over. */
  readonly signedBy: string | null;
  readonly trusted: boolean;
}

/** Reads the one-line form (`*.list`). Lines that are no `deb` lines are passed over. */
export function parseListFile(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)((?:\s+[^\s#]\S*)*)/.exec(line);
    if (match === null) continue;
    const [, options = "", uri = "", suite = "", components = ""] = match;
    const option = new Map(options.split(/\s+/).map((item) => [item.split("=")[0] ?? "", item.slice(item.indexOf("=") + 1)] as const));
    sources.push({
      uri,
      suite,
      components: words(components),
      signedBy: keyFile(option.get("signed-by")),
      trusted: option.get("trusted") === "yes",
    });
  }
  return sources;
}

/** Reads the deb822 form (`*.sources`). Stanzas that are switched off or hold no `deb` are passed over. */
export function parseSourcesFile(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const stanza of text.split(/\n\s*\n/)) {
    const fields = new Map<string, string>();
    let last = "";
    for (const line of stanza.split("\n")) {
      if (line.startsWith("#")) continue;
      const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
      if (match !== null) {
        last = (match[1] ?? "").toLowerCase();
        fields.set(last, match[2] ?? "");
      } else if (/^\s/.test(line) && last !== "") fields.set(last, `${fields.get(last) ?? ""}\n${line.trim()}`);
    }
    if (fields.get("enabled")?.toLowerCase() === "no" || !words(fields.get("types") ?? "").includes("deb")) continue;
    for (const uri of words(fields.get("uris") ?? "")) {
      for (const suite of words(fields.get("suites") ?? "")) {
        sources.push({
          uri,
          suite,
          components: words(fields.get("components") ?? ""),
          signedBy: keyFile(fields.get("signed-by")),
          trusted: fields.get("trusted")?.toLowerCase() === "yes",
        });
      }
    }
  }
  return sources;
}

/**
 * The repository that the host's own release comes from: the one of exactly that suite that has `main`.
 * @param codename of /etc/os-release, e.g. `bookworm`; null takes the first main repository that is no update or backport
 */
export function chooseSource(sources: readonly AptSource[], codename: string | null): AptSource | null {
  const main = sources.filter(
    ({ components, suite }) => components.includes("main") && !/-(security|updates|backports|proposed)|\//.test(suite),
  );
  return main.find(({ suite }) => suite === codename) ?? (codename === null ? (main[0] ?? null) : null);
}

/** A line of sources.list. */
export function formatSource({ uri, suite, components, signedBy, trusted }: AptSource): string {
  const options = [...(trusted ? ["trusted=yes"] : []), ...(signedBy === null ? [] : [`signed-by=${signedBy}`])];
  return `deb ${options.length === 0 ? "" : `[${options.join(" ")}] `}${uri} ${suite} ${components.join(" ")}`;
}

/** Takes user and password out of every address of a text. */
export function withoutCredentials(text: string): string {
  return text.replace(/([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^\s/@]*(?:@[^\s/@]*)*@/g, "$1");
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function keyFile(value: string | undefined): string | null {
  return value !== undefined && /^\/\S+$/.test(value.trim()) ? value.trim() : null;
}
