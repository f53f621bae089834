import { readFileSync } from "node:fs";
import { fail } from "@berth/base";

/** Files of a TLS listener, PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Certificate authority that clients' certificates must be signed by; null accepts every client. */
  readonly clientAuthority: string | null;
}

/** Options of node's TLS server. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  readonly minVersion: "TLSv1.2";
}

/**
 * Reads a listener's certificate, key and authority.
 * @throws invalid when a file cannot be read; the message names the file
 */
export function loadTls(files: TlsFiles): TlsMaterial {
  const material = { cert: read(files.certificate, "certificate"), key: read(files.key, "key"), minVersion: "TLSv1.2" as const };
  if (files.clientAuthority === null) return { ...material, requestCert: false, rejectUnauthorized: false };
  return { ...material, ca: read(files.clientAuthority, "certificate authority"), requestCert: true, rejectUnauthorized: true };
}

function read(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fail("invalid", `could not read TLS ${what} ${path}`, error);
  }
}
