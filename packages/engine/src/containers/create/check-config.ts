import { fail } from "@berth/base";
import type { ContainerConfig, HealthConfig } from "@berth/spec";
import { posix } from "node:path";
import { parseSignal } from "../signals.ts";
import { checkWord } from "./check-values.ts";

const maxHostnameBytes = 64;
const minDurationNs = 1_000_000;

/**
 * Checks what a request says of the container itself, in Docker's order and words, and gives the config back with a
 * clean working directory. Throws invalid.
 */
export function checkConfig(config: ContainerConfig): ContainerConfig {
  if (config.WorkingDir !== "" && !config.WorkingDir.startsWith("/")) {
    throw fail("invalid", `the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
  }
  if (config.StopSignal !== undefined) parseSignal(config.StopSignal);
  for (const entry of config.Env ?? []) {
    if (entry === "" || entry.startsWith("=")) throw fail("invalid", `invalid environment variable: ${entry}`);
    refuseNul("environment variable", entry);
  }
  for (const argument of [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])]) refuseNul("argument", argument);
  refuseNul("working directory", config.WorkingDir);
  refuseNul("user", config.User);
  if (config.Healthcheck !== undefined) checkHealth(config.Healthcheck);
  for (const port of Object.keys(config.ExposedPorts ?? {})) {
    if (!/^\d{1,5}(-\d{1,5})?(\/(tcp|udp|sctp))?$/.test(port)) throw fail("invalid", `Invalid port specification: "${port}"`);
  }
  if (Buffer.byteLength(config.Hostname) > maxHostnameBytes) {
    throw fail("invalid", `hostname "${config.Hostname}" is too long (maximum ${maxHostnameBytes} bytes)`);
  }
  checkWord("hostname", config.Hostname);
  checkWord("domain name", config.Domainname);
  return config.WorkingDir === "" ? config : { ...config, WorkingDir: cleanPath(config.WorkingDir) };
}

/** An absolute path without `.`, `..`, double or trailing slashes. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}

function checkHealth(health: HealthConfig): void {
  for (const key of ["Interval", "Timeout", "StartPeriod", "StartInterval"] as const) {
    const value = health[key] ?? 0;
    if (value !== 0 && value < minDurationNs) throw fail("invalid", `${key} in Healthcheck cannot be less than 1ms`);
    if (key === "Timeout" && (health.Retries ?? 0) < 0) throw fail("invalid", "Retries in Healthcheck cannot be negative");
  }
}

// A NUL would cut a C string short on its way to execve(2): what runs would not be what inspect shows.
function refuseNul(what: string, text: string): void {
  if (text.includes("\0")) throw fail("invalid", `invalid ${what}: it contains a NUL character`);
}
