import { shortId } from "@berth/base";
import type { NetworkSummary } from "@berth/client";
import { listNetworks } from "@berth/client";
import { filterFlag, toFilters } from "../args/filter.ts";
import type { Command } from "../command.ts";
import type { Headers, Row } from "../format/rows.ts";
import { formatList } from "../format/rows.ts";
import { formatHelp } from "../format/text.ts";

const headers: Headers = {
  ID: "NETWORK ID",
  Name: "NAME",
  Driver: "DRIVER",
  Scope: "SCOPE",
  IPv4: "IPV4",
  IPv6: "IPV6",
  Internal: "INTERNAL",
  Labels: "LABELS",
  CreatedAt: "CREATED AT",
};

/** `berth network ls`. */
export const command: Command = {
  usage: "[OPTIONS]",
  about: "'bridge' is where containers are unless --network says otherwise; 'host' and 'none' are there always.",
  flags: [
    filterFlag,
    { name: "format", type: "string", values: ["table", "json"], help: formatHelp },
    { name: "no-trunc", type: "bool", help: "Show ids in full" },
    { name: "quiet", short: "q", type: "bool", help: "Show ids, nothing else" },
  ],
  examples: [
    { line: "berth network ls", does: "All networks" },
    { line: "berth network ls --filter driver=bridge -q", does: "Ids only, for a script" },
  ],
  seeAlso: ["network create", "network inspect"],
  min: 0,
  max: 0,
  run: async (context, parsed) => {
    const networks = await listNetworks(context.engine, toFilters(parsed.list("filter")));
    const asked = parsed.string("format") || (parsed.bool("quiet") ? "table" : (context.config.networksFormat ?? "table"));
    const table = parsed.bool("quiet") ? "{{.ID}}" : "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}";
    const sorted = [...networks].sort((left, right) => left.Name.localeCompare(right.Name, "en", { numeric: true }));
    const rows = sorted.map((network) => networkRow(network, !parsed.bool("no-trunc")));
    await context.stdout.write(formatList({ format: asked === "table" ? table : asked, headers, rows }));
    return 0;
  },
};

function networkRow(network: NetworkSummary, trunc: boolean): Row {
  const labels = network.Labels ?? {};
  return {
    ID: trunc ? shortId(network.Id) : network.Id,
    Name: network.Name,
    Driver: network.Driver,
    Scope: network.Scope,
    IPv4: String(network.EnableIPv4 ?? false),
    IPv6: String(network.EnableIPv6),
    Internal: String(network.Internal),
    Labels: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(","),
    Label: (name: string) => labels[name] ?? "",
    CreatedAt: network.Created.replace("T", " ").replace(/(?:(\.\d*[1-9])0*|\.0*)?Z$/, "$1 +0000 UTC"),
  };
}
