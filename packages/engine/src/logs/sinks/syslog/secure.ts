import { fail, messageOf } from "@berth/base";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { connect } from "node:tls";
import type { Transport } from "./sink.ts";
import { overSocket } from "./stream.ts";

type Options = Readonly<Record<string, string>>;

interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Reads the certificates that the options name. Throws invalid with the words in which Docker refuses a start. */
export function readTlsFiles(options: Options): TlsFiles {
  const ca = options["syslog-tls-ca-cert"] ?? "";
  const cert = options["syslog-tls-cert"] ?? "";
  const key = options["syslog-tls-key"] ?? "";
  return {
    ...(ca === "" ? {} : { ca: read(ca, `could not read CA certificate ${JSON.stringify(ca)}`) }),
    ...(cert === "" && key === ""
      ? {}
      : {
          cert: read(cert, "Could not load X509 key pair"),
          key: read(key, "Could not load X509 key pair"),
        }),
  };
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw fail("invalid", `${what}: ${missing ? `open ${path}: no such file or directory` : messageOf(error)}`, error);
  }
}

/** Connects by TLS 1.2 or newer. Throws when nobody answers, or not the one that is meant. */
export async function connectSecure(
  target: { readonly host: string; readonly port: number },
  options: Options,
  signal: AbortSignal,
): Promise<Transport> {
  const socket = connect({
    ...target,
    ...readTlsFiles(options),
    ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
    minVersion: "TLSv1.2",
    rejectUnauthorized: !("syslog-tls-skip-verify" in options),
  });
  return overSocket(socket, { ready: "secureConnect", signal });
}
