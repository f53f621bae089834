import { shortId } from "@berth/base";
import type { Sandbox } from "@berth/network";
import { readFile } from "node:fs/promises";
import { type Core, containerFolder } from "../../core.ts";
import { joinTarget, parseLink } from "../create/joins.ts";
import { writeWhole } from "../folder.ts";
import type { ContainerRecord } from "../record.ts";

const standardHosts = [
  ["127.0.0.1", "localhost"],
  ["::1", "localhost ip6-localhost ip6-loopback"],
  ["fe00::0", "ip6-localnet"],
  ["ff00::0", "ip6-mcastprefix"],
  ["ff02::1", "ip6-allnodes"],
  ["ff02::2", "ip6-allrouters"],
] as const;

/** Host paths of the three files that are mounted over a container's own in /etc. */
export interface EtcFiles {
  readonly hosts: string;
  readonly hostname: string;
  readonly resolvConf: string;
}

/** Where a container's /etc files are; one that joins another's network shares them. */
export function etcFiles(core: Pick<Core, "dataRoot">, record: ContainerRecord): EtcFiles {
  const folder = containerFolder(core, joinTarget(record.hostConfig.NetworkMode) ?? record.id);
  return { hosts: `${folder}/hosts`, hostname: `${folder}/hostname`, resolvConf: `${folder}/resolv.conf` };
}

/** Writes hosts, hostname and resolv.conf for a start. */
export async function writeEtcFiles(core: Core, record: ContainerRecord, sandbox: Sandbox): Promise<void> {
  const { hostConfig, config } = record;
  if (joinTarget(hostConfig.NetworkMode) !== null) return;
  const files = etcFiles(core, record);
  const resolv = core.networks.resolvConf({
    dns: orElse(hostConfig.Dns, core.settings.dns),
    options: orElse(hostConfig.DnsOptions, core.settings.dnsOptions),
    search: orElse(hostConfig.DnsSearch, core.settings.dnsSearch),
    mode: hostConfig.NetworkMode,
  });
  const hosts = await hostsText(core, record, sandbox);
  await Promise.all([
    writeWhole(files.hostname, `${config.Hostname}${config.Domainname === "" ? "" : `.${config.Domainname}`}\n`, 0o644),
    writeWhole(files.hosts, hosts, 0o644),
    writeWhole(files.resolvConf, resolv, 0o644),
  ]);
}

async function hostsText(core: Core, record: ContainerRecord, sandbox: Sandbox): Promise<string> {
  const { hostConfig, config } = record;
  const lines =
    hostConfig.NetworkMode === "host"
      ? [
          await readFile("/etc/hosts", "utf8").then(
            (text) => text.trimEnd(),
            () => "",
          ),
        ]
      : [];
  if (lines.length === 0) lines.push(...standardHosts.map(([address, names]) => `${address}\t${names}`));
  for (const entry of hostConfig.ExtraHosts ?? []) {
    const match = /^([^:=]+)[:=](.*)$/.exec(entry);
    if (match === null) continue;
    const address = (match[2] ?? "").replace(/^\[(.*)\]$/, "$1");
    const resolved = address === "host-gateway" ? hostGateway(sandbox) : address;
    lines.push(`${resolved}\t${match[1]}`);
  }
  lines.push(...linkedHosts(core, record));
  for (const { address, names } of sandbox.hosts) {
    // Without a domain the host's name comes alone; with one its long form comes first (hosts(5)).
    const own =
      config.Domainname === ""
        ? names
        : names.flatMap((name) => (name === config.Hostname ? [`${name}.${config.Domainname}`, name] : [name]));
    lines.push(`${address}\t${own.join(" ")}`);
  }
  return `${lines.join("\n")}\n`;
}

/** The host as the container sees it: its bridge's own address. */
function hostGateway({ settings }: Sandbox): string {
  return Object.values(settings.Networks)[0]?.Gateway || "127.0.0.1";
}

function orElse(own: readonly string[] | null, fallback: readonly string[]): readonly string[] {
  return own === null || own.length === 0 ? fallback : own;
}

/** Lines for the containers that `--link` names, as far as they run and have an address. */
function linkedHosts(core: Core, record: ContainerRecord): string[] {
  return (record.hostConfig.Links ?? []).flatMap((link) => {
    const { target, alias } = parseLink(link);
    const other = core.records.get(core.records.idOfName(target.replace(/^\//, "")) ?? target);
    const address = other?.network?.IPAddress ?? "";
    if (other === null || address === "") return [];
    return [`${address}\t${[...new Set([alias, shortId(other.id), other.name])].join(" ")}`];
  });
}
