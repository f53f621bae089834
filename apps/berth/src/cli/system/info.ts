import { engineInfo } from "@berth/client";
import { executeTemplate, formatBinarySize } from "@berth/spec";
import type { Command, Context } from "../command.ts";
import { parse, templateFailure } from "../format/rows.ts";
import { clientInfo } from "./version.ts";

type Fields = Readonly<Record<string, unknown>>;

/** `berth info`. */
export const command: Command = {
  usage: "[OPTIONS]",
  flags: [{ name: "format", short: "f", type: "string", help: "json, or a Go template, e.g. '{{.ServerVersion}}'" }],
  examples: ["berth info", "berth info --format '{{.CgroupVersion}}'"],
  min: 0,
  max: 0,
  run: async (context, parsed) => {
    const asked = parsed.string("format");
    const template = asked === "" ? undefined : parse(asked === "json" ? "{{json .}}" : asked);
    if (template === undefined) await context.stdout.write(clientText(context));
    const info = await engineInfo(context.engine);
    if (template !== undefined) {
      const { Version, Context: name } = clientInfo(context);
      const data = { ...info, ClientInfo: { Debug: context.debug, Version, Context: name, Plugins: [], Warnings: null } };
      try {
        await context.stdout.write(`${executeTemplate(template, data, { lookup: { optional, maps: new Set(["Runtimes"]) } })}\n`);
      } catch (error) {
        throw templateFailure(error, 1);
      }
      return 0;
    }
    await context.stdout.write(serverText(info));
    const warnings = list(info["Warnings"]);
    if (warnings.length > 0) await context.stderr.write(warnings.map((warning) => `${warning}\n`).join(""));
    return 0;
  },
};

const optional = new Set([
  "SystemStatus",
  "ProductLicense",
  "DefaultAddressPools",
  "FirewallBackend",
  "CDISpecDirs",
  "DiscoveredDevices",
  "Containerd",
]);

function clientText(context: Context): string {
  const { Version, Context: name } = clientInfo(context);
  return `Client:\n Version:    ${Version}\n Context:    ${name}\n Debug Mode: ${context.debug}\n\n`;
}

function serverText(info: Fields): string {
  const lines = ["Server:"];
  const always = (label: string, value: unknown): number => lines.push(` ${label}: ${text(value)}`);
  const known = (label: string, value: unknown): unknown => text(value) !== "" && always(label, value);
  always("Containers", info["Containers"]);
  lines.push(`  Running: ${text(info["ContainersRunning"])}`);
  lines.push(`  Paused: ${text(info["ContainersPaused"])}`);
  lines.push(`  Stopped: ${text(info["ContainersStopped"])}`);
  always("Images", info["Images"]);
  known("Server Version", info["ServerVersion"]);
  known("Storage Driver", info["Driver"]);
  for (const [name, value] of pairs(info["DriverStatus"])) lines.push(`  ${name}: ${value}`);
  known("Logging Driver", info["LoggingDriver"]);
  known("Cgroup Driver", info["CgroupDriver"]);
  known("Cgroup Version", info["CgroupVersion"]);
  const plugins = fields(info["Plugins"]);
  lines.push(" Plugins:", `  Volume: ${list(plugins["Volume"]).join(" ")}`, `  Network: ${list(plugins["Network"]).join(" ")}`);
  lines.push(`  Log: ${list(plugins["Log"]).join(" ")}`);
  always("Swarm", fields(info["Swarm"])["LocalNodeState"]);
  const runtimes = Object.keys(fields(info["Runtimes"])).sort();
  if (runtimes.length > 0) lines.push(` Runtimes: ${runtimes.join(" ")}`, ` Default Runtime: ${text(info["DefaultRuntime"])}`);
  always("Init Binary", info["InitBinary"]);
  always("containerd version", fields(info["ContainerdCommit"])["ID"]);
  always("runc version", fields(info["RuncCommit"])["ID"]);
  always("init version", fields(info["InitCommit"])["ID"]);
  lines.push(...securityLines(list(info["SecurityOptions"])));
  known("Kernel Version", info["KernelVersion"]);
  known("Operating System", info["OperatingSystem"]);
  known("OSType", info["OSType"]);
  known("Architecture", info["Architecture"]);
  always("CPUs", info["NCPU"]);
  always("Total Memory", formatBinarySize(Number(info["MemTotal"] ?? 0)));
  known("Name", info["Name"]);
  known("ID", info["ID"]);
  always("Docker Root Dir", info["DockerRootDir"]);
  always("Debug Mode", info["Debug"]);
  if (info["Debug"] === true) {
    lines.push(`  File Descriptors: ${text(info["NFd"])}`, `  Goroutines: ${text(info["NGoroutines"])}`);
    lines.push(`  System Time: ${text(info["SystemTime"])}`, `  EventsListeners: ${text(info["NEventsListener"])}`);
  }
  known("HTTP Proxy", info["HttpProxy"]);
  known("HTTPS Proxy", info["HttpsProxy"]);
  known("No Proxy", info["NoProxy"]);
  const labels = list(info["Labels"]);
  if (labels.length > 0) lines.push(" Labels:", ...labels.map((label) => `  ${label}`));
  always("Experimental", info["ExperimentalBuild"]);
  lines.push(...registryLines(fields(info["RegistryConfig"])));
  always("Live Restore Enabled", info["LiveRestoreEnabled"]);
  known("Product License", info["ProductLicense"]);
  return `${lines.join("\n")}\n\n`;
}

/** `name=seccomp,profile=builtin` as a name with its profile under it. */
function securityLines(options: readonly string[]): string[] {
  if (options.length === 0) return [];
  const lines = options.flatMap((option) => {
    const parts = option.split(",").map((part): [string, string] => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]);
    const name = parts.find(([key]) => key === "name")?.[1] ?? option;
    const profile = parts.find(([key]) => key === "profile")?.[1];
    return profile === undefined ? [`  ${name}`] : [`  ${name}`, `   Profile: ${profile}`];
  });
  return [" Security Options:", ...lines];
}

function registryLines(registry: Fields): string[] {
  const insecure = Object.values(fields(registry["IndexConfigs"]))
    .filter((index) => fields(index)["Secure"] !== true)
    .map((index) => text(fields(index)["Name"]));
  const ranges = list(registry["InsecureRegistryCIDRs"]);
  const mirrors = list(registry["Mirrors"]);
  const lines: string[] = [];
  if (insecure.length + ranges.length > 0) lines.push(" Insecure Registries:", ...[...insecure, ...ranges].map((name) => `  ${name}`));
  if (mirrors.length > 0) lines.push(" Registry Mirrors:", ...mirrors.map((mirror) => `  ${mirror}`));
  return lines;
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(text) : [];
}

function pairs(value: unknown): [string, string][] {
  return Array.isArray(value) ? value.filter(Array.isArray).map((pair): [string, string] => [text(pair[0]), text(pair[1])]) : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
