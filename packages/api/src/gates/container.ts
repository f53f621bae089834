import { type ContainerInspect, type ContainerSummary, isAtLeast } from "@berth/spec";

/**
 * A container's inspect as `version` knows it: before 1.45 the endpoints of user-defined networks carry the short id among their aliases,
 * before 1.44 there is no StartInterval and no DNSNames.
 */
export function gateInspect(container: ContainerInspect, version: string): unknown {
  if (isAtLeast(version, "1.45")) return container;
  const hostname = container.Config.Hostname;
  const networks = Object.entries(container.NetworkSettings.Networks).map(([name, endpoint]) => {
    const { DNSNames: names, ...rest } = endpoint;
    const aliases = isUserDefined(name) ? [...new Set([...(rest.Aliases ?? []), container.Id.slice(0, 12), hostname])] : rest.Aliases;
    const kept = isAtLeast(version, "1.44") ? { DNSNames: names } : {};
    return [name, { ...rest, ...kept, Aliases: aliases }] as const;
  });
  return {
    ...container,
    Config: isAtLeast(version, "1.44") ? container.Config : withoutStartInterval(container.Config),
    NetworkSettings: { ...container.NetworkSettings, Networks: Object.fromEntries(networks) },
  };
}

/** Rows of GET /containers/json as `version` knows them: HostConfig.Annotations came with 1.46. */
export function gateSummaries(rows: readonly ContainerSummary[], version: string): unknown {
  if (isAtLeast(version, "1.46")) return rows;
  return rows.map((row) => ({ ...row, HostConfig: { NetworkMode: row.HostConfig.NetworkMode } }));
}

function isUserDefined(network: string): boolean {
  return !["default", "bridge", "host", "none"].includes(network) && !network.startsWith("container:");
}

function withoutStartInterval(config: ContainerInspect["Config"]): unknown {
  if (config.Healthcheck === undefined) return config;
  const { StartInterval: _, ...rest } = config.Healthcheck;
  return { ...config, Healthcheck: rest };
}
