/** A content digest in the OCI form, `sha256:<64 lower-case hexadecimal digits>`. */
export type Digest = string;

const sha256Pattern = /^sha256:[0-9a-f]{64}$/;

/**
 * The sha256 digest of some bytes (a string counts as UTF-8). By Bun's own hasher: loading `node:crypto` would cost
 * every call of the command line 3 ms.
 */
export function sha256(bytes: Uint8Array | string): Digest {
  return `sha256:${new Bun.CryptoHasher("sha256").update(bytes).digest("hex")}`;
}

/** Hashes a stream piece by piece. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** The digest of all that was given; nothing may follow. */
  digest(): Digest;
}

/** A {@link Hasher} for sha256. */
export function sha256Hasher(): Hasher {
  const hash = new Bun.CryptoHasher("sha256");
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => `sha256:${hash.digest("hex")}`,
  };
}

/** Whether a string is a well-formed sha256 digest. Only such a string may become part of a path. */
export function isSha256(text: string): boolean {
  return sha256Pattern.test(text);
}

/** The hexadecimal part of a digest. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1);
}
