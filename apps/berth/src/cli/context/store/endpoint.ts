import type { TlsOptions } from "@berth/client";
import type { Endpoint } from "../host.ts";
import { readContext, readTlsFiles } from "./read.ts";
import { engineEndpoint, hostOf, type StoredContext, type TlsFiles } from "./stored.ts";

/**
 * The engine that a context names, with its certificates.
 * @throws not-found, or invalid when a file cannot be read
 */
export async function storedEndpoint(directory: string, name: string): Promise<Endpoint> {
  const stored = await readContext(directory, name);
  const tls = tlsOf(stored, await readTlsFiles(directory, name));
  const host = hostOf(stored);
  return { host, ...(tls === undefined ? {} : { tls }) };
}

function tlsOf(stored: StoredContext, files: TlsFiles): TlsOptions | undefined {
  const skipsVerify = stored.endpoints[engineEndpoint]?.["SkipTLSVerify"] === true;
  const own = files[engineEndpoint];
  if (own === undefined && !skipsVerify) return undefined;
  const text = (name: string): string | undefined => {
    const bytes = own?.[name];
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  const [ca, cert, key] = [text("ca.pem"), text("cert.pem"), text("key.pem")];
  return {
    verify: !skipsVerify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
