import { formatBinarySize } from "@berth/spec";

type Fields = Readonly<Record<string, unknown>>;

/** What is known of the engine; what it does not tell has no line. */
export function serverText(info: Fields): string {
  const lines = ["Server:"];
  const known = (label: string, value: unknown): void => {
    if (text(value) !== "") lines.push(` ${label}: ${text(value)}`);
  };
  known("Containers", info["Containers"]);
  for (const state of ["Running", "Paused", "Stopped"]) known(` ${state}`, info[`Containers${state}`]);
  known("Images", info["Images"]);
  known("Server Version", info["ServerVersion"]);
  known("Storage Driver", info["Driver"]);
  for (const [name, value] of pairs(info["DriverStatus"])) known(` ${name}`, value);
  known("Logging Driver", info["LoggingDriver"]);
  known("Cgroup Driver", info["CgroupDriver"]);
  known("Cgroup Version", info["CgroupVersion"]);
  lines.push(...pluginLines(fields(info["Plugins"])));
  const swarm = text(fields(info["Swarm"])["LocalNodeState"]);
  if (swarm !== "inactive") known("Swarm", swarm);
  lines.push(...runtimeLines(info));
  lines.push(...securityLines(list(info["SecurityOptions"])));
  known("Kernel Version", info["KernelVersion"]);
  known("Operating System", info["OperatingSystem"]);
  known("OSType", info["OSType"]);
  known("Architecture", info["Architecture"]);
  known("CPUs", info["NCPU"]);
  if (typeof info["MemTotal"] === "number") known("Total Memory", formatBinarySize(info["MemTotal"]));
  known("Name", info["Name"]);
  known("ID", info["ID"]);
  known("Data Root", info["DockerRootDir"]);
  if (info["Debug"] === true) {
    known("Debug Mode", true);
    known(" File Descriptors", info["NFd"]);
    known(" System Time", info["SystemTime"]);
    known(" Event Listeners", info["NEventsListener"]);
  }
  known("HTTP Proxy", info["HttpProxy"]);
  known("HTTPS Proxy", info["HttpsProxy"]);
  known("No Proxy", info["NoProxy"]);
  const labels = list(info["Labels"]);
  if (labels.length > 0) lines.push(" Labels:", ...labels.map((label) => `  ${label}`));
  if (info["ExperimentalBuild"] === true) known("Experimental", true);
  lines.push(...registryLines(fields(info["RegistryConfig"])));
  known("Live Restore", info["LiveRestoreEnabled"]);
  known("Product License", info["ProductLicense"]);
  return `${lines.join("\n")}\n`;
}

function pluginLines(plugins: Fields): string[] {
  const lines = ["Volume", "Network", "Authorization", "Log"].flatMap((kind) => {
    const names = list(plugins[kind]);
    return names.length === 0 ? [] : [`  ${kind}: ${names.join(" ")}`];
  });
  return lines.length === 0 ? [] : [" Plugins:", ...lines];
}

/**
 * The programs that run containers. The field `RuncCommit` is the version of the default runtime; only engines with a
 * containerd mean runc by it, whatever their default is.
 */
function runtimeLines(info: Fields): string[] {
  const [containerd, version] = [commit(info, "Containerd"), commit(info, "Runc")];
  const byDefault = text(info["DefaultRuntime"]);
  const isDefault = containerd === "" || byDefault === "" || byDefault === "runc";
  const init = [text(info["InitBinary"]), commit(info, "Init")].filter((part) => part !== "").join(" ");
  const rows: [string, string][] = [
    ["OCI Runtime", [byDefault, isDefault ? version : ""].filter((part) => part !== "").join(" ")],
    ["All Runtimes", Object.keys(fields(info["Runtimes"])).sort().join(" ")],
    ["runc", isDefault ? "" : version],
    ["containerd", containerd],
    ["Init", init],
  ];
  return rows.filter(([, value]) => value !== "").map(([label, value]) => ` ${label}: ${value}`);
}

function commit(info: Fields, program: string): string {
  return text(fields(info[`${program}Commit`])["ID"]);
}

/** What the engine warns of, each marked once: dockerd marks its own. */
export function warningLines(info: Fields): string[] {
  return list(info["Warnings"]).map((warning) => `WARNING: ${warning.replace(/^WARNING: */, "")}`);
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
