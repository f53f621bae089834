import type { CliConfig } from "../../context/config.ts";

/** Variables for programs in containers, by the key of the settings. */
const variables: Readonly<Record<string, string>> = {
  httpProxy: "HTTP_PROXY",
  httpsProxy: "HTTPS_PROXY",
  noProxy: "NO_PROXY",
  ftpProxy: "FTP_PROXY",
  allProxy: "ALL_PROXY",
};

/**
 * The variables that `proxies` of the settings adds to a container's, in capitals and small letters, as programs ask for either. What the
 * user gives goes before it.
 * @param host the engine's address: its own entry counts, else `default`
 * @param given variables that the command line sets, `NAME=VALUE` or `NAME`
 */
export function proxyVariables(config: Pick<CliConfig, "proxies">, host: string, given: readonly string[]): string[] {
  const entries = config.proxies ?? {};
  const proxies = Object.hasOwn(entries, host) ? entries[host] : entries["default"];
  const taken = new Set(given.map((text) => text.split("=", 1)[0]));
  return Object.entries(variables).flatMap(([key, name]) => {
    const value = proxies?.[key];
    if (value === undefined || value === "") return [];
    return [name, name.toLowerCase()].filter((each) => !taken.has(each)).map((each) => `${each}=${value}`);
  });
}
