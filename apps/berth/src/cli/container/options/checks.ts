import { isIP, isIPv6 } from "node:net";

/** Checks of single values while flags are read; each throws with docker's words. */

/** Makes a check of a parser: what it refuses is refused while flags are read, so that the message names the flag. */
export function accepted(parse: (value: string) => unknown): (value: string) => string {
  return (value) => {
    parse(value);
    return value;
  };
}

/** STDIN, STDOUT or STDERR, in any case. */
export function attachStream(value: string): string {
  const name = value.toLowerCase();
  if (name === "stdin" || name === "stdout" || name === "stderr") return name;
  throw new Error("valid streams are STDIN, STDOUT and STDERR");
}

/** `NAME=value`, or `NAME` to take the value from this process's environment. */
export function envVariable(value: string): string {
  const [name = ""] = value.split("=", 1);
  if (name === "") throw new Error(`invalid environment variable: ${value}`);
  const own = value.includes("=") ? undefined : process.env[name];
  return own === undefined ? value : `${name}=${own}`;
}

/** `key=value` with a key without spaces. */
export function labelValue(value: string): string {
  const key = (value.split("=", 1)[0] ?? "").replace(/^[ \t]+/, "");
  if (key === "") throw new Error(`invalid label '${value}': empty name`);
  if (/[ \t]/.test(key)) throw new Error(`label '${key}' contains whitespaces`);
  return value;
}

/** `host:ip` or `host=ip`; the address may stand in brackets, and `host-gateway` is one too. */
export function extraHost(value: string): string {
  const separator = value.includes("=") ? "=" : ":";
  const at = value.indexOf(separator);
  const host = at === -1 ? "" : value.slice(0, at);
  const address = value.slice(at + 1);
  if (host === "" || address === "") throw new Error(`bad format for add-host: ${JSON.stringify(value)}`);
  const bare = address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
  if (bare !== "host-gateway" && isIP(bare) === 0) throw new Error(`invalid IP address in add-host: ${JSON.stringify(bare)}`);
  return `${host}:${bare}`;
}

/** An IPv4 or IPv6 address, in its usual form. */
export function ipAddress(value: string): string {
  const address = value.trim();
  if (isIP(address) === 0 || address.includes("%")) throw new Error(`IP address is not correctly formatted: ${value}`);
  return isIPv6(address) && !address.includes(".") ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;
}

const domain = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*\.?$/;

/** A domain to search in, or `.` for none. */
export function dnsSearch(value: string): string {
  const name = value.replace(/^ +| +$/g, "");
  if (name === ".") return name;
  if (!/[a-zA-Z]/.test(name) || !domain.test(name) || name.length >= 255) throw new Error(`${value} is not a valid domain`);
  return name;
}

/** `container[:alias]`. */
export function linkValue(value: string): string {
  if (value === "") throw new Error("empty string specified for links");
  if (value.split(":").length > 2) throw new Error(`bad format for links: ${value}`);
  return value;
}

const sysctls = new Set(
  ["msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"].map((name) => `kernel.${name}`),
);

/** A sysctl that belongs to a namespace of the container. */
export function sysctlValue(value: string): string {
  const at = value.indexOf("=");
  const key = at === -1 ? "" : value.slice(0, at);
  if (key !== "" && (sysctls.has(key) || key.startsWith("net.") || key.startsWith("fs.mqueue."))) return value;
  throw new Error(`sysctl '${value}' is not allowed`);
}

/** `type major:minor mode` of the devices cgroup. */
export function deviceCgroupRule(value: string): string {
  if (/^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(value)) return value;
  throw new Error(`invalid device cgroup format '${value}'`);
}
