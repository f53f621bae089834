import fs from "node:fs";
import { isIPv6 } from "node:net";

/** Where the host keeps its resolvers; the second one is systemd-resolved's list without its stub. */
export const hostFiles: readonly [string, string] = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/** Docker's answer when the host has no resolver that a container could reach. */
const fallback: readonly string[] = ["8.8.8.8", "8.8.4.4"];
const stub = "127.0.0.53";
const limitBytes = 64 * 1024;

/** What `--dns`, `--dns-opt` and `--dns-search` say; empty lists take the host's. */
export interface DnsOptions {
  readonly dns: readonly string[];
  readonly options: readonly string[];
  readonly search: readonly string[];
}

/**
 * The container's resolv.conf. Without options it is the host's file; resolvers on loopback addresses and
 * IPv6 ones are dropped, because the container reaches neither, unless it is in the host's own namespace.
 * @param host content of the host's file
 */
export function resolvConf(host: string, options: DnsOptions & { readonly hostNamespace: boolean }): string {
  const given = options.dns.length + options.options.length + options.search.length > 0;
  const found = nameservers(host);
  const usable = options.hostNamespace ? found : found.filter((address) => !isLoopback(address) && !isIPv6(address.split("%", 1)[0] ?? ""));
  if (!given) {
    if (usable.length === found.length && found.length > 0) return withNewline(host);
    const others = host.split("\n").filter((line) => !/^\s*nameserver\b/.test(line));
    return withNewline([...others, ...nameserverLines(orFallback(usable, options.hostNamespace))].filter((line) => line !== "").join("\n"));
  }
  const dns = options.dns.length > 0 ? options.dns : orFallback(usable, options.hostNamespace);
  const search = options.search.length > 0 ? options.search : words(host, "search");
  const flags = options.options.length > 0 ? options.options : words(host, "options");
  const lines: string[] = [];
  // A lone dot means: no search list at all.
  if (search.length > 0 && !(search.length === 1 && search[0] === ".")) lines.push(`search ${search.join(" ")}`);
  lines.push(...nameserverLines(dns));
  if (flags.length > 0 && flags.join(" ") !== "") lines.push(`options ${flags.join(" ")}`);
  return withNewline(lines.join("\n"));
}

/** The host's file; systemd-resolved's own list when the host only points to its stub. A missing file is empty. */
export function readHostResolvConf(files: readonly [string, string] = hostFiles): string {
  const content = read(files[0]);
  const found = nameservers(content);
  if (found.length !== 1 || found[0] !== stub) return content;
  const real = read(files[1]);
  return real === "" ? content : real;
}

function nameservers(content: string): string[] {
  return content.split("\n").flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? []);
}

/** The last line of a keyword counts (resolv.conf(5)). */
function words(content: string, keyword: string): string[] {
  const lines = content.split("\n").filter((line) => new RegExp(`^\\s*${keyword}\\s`).test(line));
  return (lines.at(-1) ?? "").trim().split(/\s+/).slice(1);
}

function nameserverLines(addresses: readonly string[]): string[] {
  return addresses.map((address) => `nameserver ${address}`);
}

function orFallback(addresses: readonly string[], hostNamespace: boolean): readonly string[] {
  return addresses.length > 0 || hostNamespace ? addresses : fallback;
}

function isLoopback(address: string): boolean {
  return /^127\./.test(address) || address === "::1";
}

function read(file: string): string {
  try {
    return fs.readFileSync(file).subarray(0, limitBytes).toString();
  } catch {
    return "";
  }
}

function withNewline(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
