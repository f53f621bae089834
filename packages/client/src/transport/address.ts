import { fail } from "@berth/base";

/** Where an engine listens. */
export type EngineAddress =
  | { readonly kind: "unix"; readonly text: string; readonly path: string }
  | { readonly kind: "tcp"; readonly text: string; readonly hostname: string; readonly port: number; readonly basePath: string };

const plainPort = 2375;

/**
 * Reads an address as `--host` takes it: `unix:///path`, `tcp://host[:port][/path]`, `http://…`, `https://…`, `:port`.
 * @throws invalid, naming the address
 */
export function parseAddress(text: string): EngineAddress {
  const value = text.trim();
  const [scheme, rest] = value.includes("://")
    ? [value.slice(0, value.indexOf("://")), value.slice(value.indexOf("://") + 3)]
    : ["tcp", value];
  switch (scheme) {
    case "unix":
      if (rest === "") throw fail("invalid", `invalid host ${JSON.stringify(text)}: the socket's path is missing`);
      return { kind: "unix", text: value, path: rest };
    case "tcp":
    case "http":
    case "https":
      return parseTcp(value, rest);
    default:
      throw fail("invalid", `invalid host ${JSON.stringify(text)}: use unix://PATH or tcp://HOST:PORT`);
  }
}

function parseTcp(text: string, rest: string): EngineAddress {
  const withHost = rest.startsWith(":") ? `127.0.0.1${rest}` : rest;
  const url = URL.parse(`http://${withHost}`);
  // A port written as the scheme's own is dropped by URL; read it from the text.
  const port = /:(\d{1,5})(?:\/|$)/.exec(withHost)?.[1];
  if (url === null || url.hostname === "" || Number(port ?? plainPort) > 65_535) {
    throw fail("invalid", `invalid host ${JSON.stringify(text)}: use tcp://HOST:PORT`);
  }
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  return { kind: "tcp", text, hostname, port: Number(port ?? plainPort), basePath: url.pathname === "/" ? "" : url.pathname };
}
