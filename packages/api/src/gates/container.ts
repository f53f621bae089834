import { type ContainerInspect, type ContainerSummary, type EndpointSettings, isAtLeast } from "@berth/spec";

/**
 * A container's inspect as `version` knows it. Before 1.48 endpoints have no GwPriority; before 1.45 those of user-defined networks carry the
 * short id among their aliases; before 1.44 there is no StartInterval and no DNSNames; before 1.42 there are limits of kernel memory.
 */
export function gateInspect(container: ContainerInspect, version: string): unknown {
  if (isAtLeast(version, "1.48")) return container;
  const older = (than: string): boolean => !isAtLeast(version, than);
  const networks = Object.entries(container.NetworkSettings.Networks).map(([name, endpoint]) => {
    const gated = gateEndpoint(endpoint, !older("1.44"));
    if (!older("1.45") || !isUserDefined(name) || endpoint.NetworkID === "") return [name, gated] as const;
    const aliases = [...new Set([...(endpoint.Aliases ?? []), container.Id.slice(0, 12), container.Config.Hostname])];
    return [name, { ...gated, Aliases: aliases }] as const;
  });
  return {
    ...container,
    Config: older("1.44") ? withoutStartInterval(container.Config) : container.Config,
    HostConfig: older("1.42") ? { ...container.HostConfig, KernelMemory: 0, KernelMemoryTCP: 0 } : container.HostConfig,
    NetworkSettings: { ...container.NetworkSettings, Networks: Object.fromEntries(networks) },
  };
}

/** Rows of GET /containers/json as `version` knows them: HostConfig.Annotations came with 1.46, endpoints changed as in inspect. */
export function gateSummaries(rows: readonly ContainerSummary[], version: string): unknown {
  if (isAtLeast(version, "1.48")) return rows;
  const annotated = isAtLeast(version, "1.46");
  const named = isAtLeast(version, "1.44");
  return rows.map((row) => {
    const Networks: Record<string, unknown> = {};
    for (const [name, endpoint] of Object.entries(row.NetworkSettings.Networks)) Networks[name] = gateEndpoint(endpoint, named);
    const HostConfig = annotated ? row.HostConfig : { NetworkMode: row.HostConfig.NetworkMode };
    return { ...row, HostConfig, NetworkSettings: { Networks } };
  });
}

// What is undefined JSON leaves out; to take it out of the object takes three times as long, which a list of a thousand feels.
function gateEndpoint(endpoint: EndpointSettings, named: boolean): object {
  return { ...endpoint, DNSNames: named ? endpoint.DNSNames : undefined, GwPriority: undefined };
}

function isUserDefined(network: string): boolean {
  return !["default", "bridge", "host", "none"].includes(network) && !network.startsWith("container:");
}

function withoutStartInterval(config: ContainerInspect["Config"]): unknown {
  if (config.Healthcheck === undefined) return config;
  const { StartInterval: _, ...rest } = config.Healthcheck;
  return { ...config, Healthcheck: rest };
}
