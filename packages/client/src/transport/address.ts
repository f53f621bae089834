import { fail } from "@berth/base";

/** A socket on this machine. */
export interface UnixAddress {
  readonly kind: "unix";
  readonly text: string;
  readonly path: string;
}

/** A port, here or elsewhere. */
export interface TcpAddress {
  readonly kind: "tcp";
  readonly text: string;
  readonly hostname: string;
  readonly port: number;
  readonly basePath: string;
}

/** Another machine by ssh; an empty path means the engine that the command line there talks to. */
export interface SshAddress {
  readonly kind: "ssh";
  readonly text: string;
  readonly user: string;
  readonly hostname: string;
  readonly port: number | undefined;
  readonly path: string;
}

/** Where an engine listens. */
export type EngineAddress = UnixAddress | TcpAddress | SshAddress;

const plainPort = 2375;
const highestPort = 65_535;
const forms = "use unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST";

/**
 * Reads an address as `--host` takes it: `unix:///path`, `tcp://host[:port][/path]`, `http://…`, `https://…`, `:port`,
 * `ssh://[user@]host[:port][/path]`.
 * @throws invalid, naming the address
 */
export function parseAddress(text: string): EngineAddress {
  const value = text.trim();
  const [scheme, rest] = value.includes("://")
    ? [value.slice(0, value.indexOf("://")), value.slice(value.indexOf("://") + 3)]
    : ["tcp", value];
  switch (scheme) {
    case "unix":
      if (rest === "") throw refused(text, "the socket's path is missing");
      return { kind: "unix", text: value, path: rest };
    case "tcp":
    case "http":
    case "https":
      return parseTcp(value, rest);
    case "ssh":
      return parseSsh(value, rest);
    default:
      throw refused(text, forms);
  }
}

function parseTcp(text: string, rest: string): TcpAddress {
  const withHost = rest.startsWith(":") ? `127.0.0.1${rest}` : rest;
  const url = URL.parse(`http://${withHost}`);
  // A port written as the scheme's own is dropped by URL; read it from the text.
  const port = /:(\d{1,5})(?:\/|$)/.exec(withHost)?.[1];
  if (url === null || url.hostname === "" || Number(port ?? plainPort) > highestPort) throw refused(text, "use tcp://HOST:PORT");
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  return { kind: "tcp", text, hostname, port: Number(port ?? plainPort), basePath: url.pathname === "/" ? "" : url.pathname };
}

/** What follows is handed to the program ssh: nothing in it may be taken for an option or for several words. */
function parseSsh(text: string, rest: string): SshAddress {
  const [, user = "", password, bracketed, plain, port, path = ""] =
    /^(?:([\w.+][\w.+@-]*)(:[^@/]*)?@)?(?:\[([0-9a-fA-F:.%\w]+)\]|([\w.][\w.-]*))(?::(\d{1,5}))?(\/[^?#\p{Cc}]*)?$/u.exec(rest) ?? [];
  const hostname = bracketed ?? plain;
  if (hostname === undefined) throw refused(text, "use ssh://[USER@]HOST[:PORT][/PATH-OF-SOCKET]");
  // The address would show the password in process lists and messages.
  if (password !== undefined) throw fail("invalid", "invalid host: an ssh address cannot hold a password; use a key, e.g. by ssh-agent");
  if (Number(port ?? 0) > highestPort || port === "0") throw refused(text, "the port is none");
  return { kind: "ssh", text, user, hostname, port: port === undefined ? undefined : Number(port), path: path === "/" ? "" : path };
}

function refused(text: string, words: string): Error {
  return fail("invalid", `invalid host ${JSON.stringify(text)}: ${words}`);
}
