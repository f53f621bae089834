/** A new object id: 256 random bits as 64 lower-case hexadecimal digits, as Docker writes them. */
export function newId(): string {
  for (;;) {
    const id = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
    // The short form must not look like a number, or tools that parse YAML would turn it into one.
    if (!/^\d+$/.test(shortId(id))) return id;
  }
}

/** The first twelve digits of an id or of a digest's hexadecimal part. */
export function shortId(id: string): string {
  const colon = id.indexOf(":");
  return id.slice(colon + 1, colon + 13);
}
