import { fail } from "@berth/base";
import { statSync } from "node:fs";

/** Where syslog messages go. null: whatever syslog socket the host has. */
export type SyslogAddress =
  | { readonly transport: "udp" | "tcp" | "tcp+tls"; readonly host: string; readonly port: number }
  | { readonly transport: "unix" | "unixgram"; readonly path: string };

/** How a message is written. `unix`: without host name, what Docker sends when no format is asked for. */
export type SyslogFormat = "unix" | "rfc3164" | "rfc5424" | "rfc5424micro";

const defaultPort = 514;
const facilities = "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp".split(" ");

type Options = Readonly<Record<string, string>>;

/** Checks the options of the syslog driver at create; also that a local socket is there. Throws invalid with Docker's words. */
export function checkSyslogOptions(options: Options): void {
  const address = syslogAddress(options);
  if (address !== null && "path" in address && statSync(address.path, { throwIfNoEntry: false }) === undefined) {
    throw fail("invalid", `stat ${address.path}: no such file or directory`);
  }
  syslogFacility(options);
  syslogFormat(options);
}

/** `syslog-address`; null when none is given. Throws invalid. */
export function syslogAddress(options: Options): SyslogAddress | null {
  const text = options["syslog-address"] ?? "";
  if (text === "") return null;
  const match = /^(tcp|udp|unix|unixgram|tcp\+tls):\/\/(.*)$/s.exec(text);
  if (match === null) throw fail("invalid", `syslog-address should be in form proto://address, got ${text}`);
  const [, transport, rest = ""] = match;
  if (transport === "unix" || transport === "unixgram") return { transport, path: decodePath(rest) };
  const { host, port } = splitHost(rest.replace(/[/?#].*$/s, ""), text);
  return { transport: transport === "tcp" || transport === "udp" ? transport : "tcp+tls", host, port };
}

function decodePath(text: string): string {
  const path = text.startsWith("/") ? text : `/${text.split("/").slice(1).join("/")}`;
  try {
    return decodeURIComponent(path.replace(/[?#].*$/s, ""));
  } catch {
    throw fail("invalid", `parse ${JSON.stringify(text)}: invalid URL escape`);
  }
}

function splitHost(text: string, whole: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(text);
  if (match === null) throw fail("invalid", `parse ${JSON.stringify(whole)}: invalid host ${JSON.stringify(text)}`);
  const port = match[3] === undefined || match[3] === "" ? defaultPort : Number(match[3]);
  if (port > 65_535) throw fail("invalid", `parse ${JSON.stringify(whole)}: invalid port ${JSON.stringify(`:${match[3]}`)}`);
  return { host: (match[1] ?? match[2] ?? "") || "localhost", port };
}

/** `syslog-facility` as the number of RFC 5424, section 6.2.1: `daemon` unless said otherwise. Throws invalid. */
export function syslogFacility(options: Options): number {
  const text = options["syslog-facility"] ?? "";
  if (text === "") return facilities.indexOf("daemon");
  const named = facilities.indexOf(text);
  if (named >= 0) return named;
  const local = /^local([0-7])$/.exec(text);
  if (local !== null) return 16 + Number(local[1]);
  if (/^\+?\d{1,3}$/.test(text) && Number(text) <= 23) return Number(text);
  throw fail("invalid", "invalid syslog facility");
}

/** `syslog-format`. Throws invalid. */
export function syslogFormat(options: Options): SyslogFormat {
  const text = options["syslog-format"] ?? "";
  switch (text) {
    case "":
      return "unix";
    case "rfc3164":
    case "rfc5424":
    case "rfc5424micro":
      return text;
    default:
      throw fail("invalid", "Invalid syslog format");
  }
}
