import type { ContainerChangeLine, ContainerChangeRequest, ContainerUpdateRequest, HostConfig, PortMap } from "@berth/spec";
import type { Core } from "../../core.ts";
import { logBounds } from "../../logs/config/bounds.ts";
import { protectionRequest } from "../create.ts";
import { checkConfig } from "../create/check-config.ts";
import { checkLogConfig } from "../create/check-log-config.ts";
import { sandboxRequest } from "../network.ts";
import type { ContainerRecord } from "../record.ts";
import { checkUpdate } from "../update/check-update.ts";
import { mergeUpdate } from "../update/merge-update.ts";
import { changeMounts } from "./mounts.ts";
import { changeEnv, changeLabels } from "./named-values.ts";
import type { Settings } from "./progress.ts";
import { changePorts } from "./published-ports.ts";
import { settingsOf } from "./progress.ts";

/** What a request comes to for one container. */
export interface ChangePlan {
  readonly settings: Settings;
  readonly lines: readonly ContainerChangeLine[];
  /** Whether a running container has to be made anew for it. */
  readonly needsRestart: boolean;
  readonly warnings: readonly string[];
}

/** Kinds that a running container takes over without being made anew. */
const live: ReadonlySet<ContainerChangeLine["Kind"]> = new Set(["label", "restart-policy", "limit"]);
/** Drivers whose bounds are the engine's own business; others are told their options when they start. */
const boundsOnly: ReadonlySet<string> = new Set(["max-size", "max-file"]);

/** Works a request out on what a container has now, and checks the result as create does. Throws with create's words. */
export function planChange(core: Core, record: ContainerRecord, request: ContainerChangeRequest): ChangePlan {
  const lines: ContainerChangeLine[] = [];
  const { merged, warnings } = limits(core, record, request.Update ?? {}, lines);
  let settings: Settings = { ...settingsOf(record), hostConfig: merged };
  settings = changeMounts(core, settings, request, lines);
  const { config, hostConfig } = settings;
  const env = changeEnv(config.Env ?? [], request, lines);
  const labels = changeLabels(config.Labels ?? {}, request, lines);
  const ports = changePorts(hostConfig.PortBindings ?? {}, request, lines);
  const portsChange = lines.some(({ Kind }) => Kind === "port");
  const exposed = exposedPorts(core, record, ports);
  const log = changeLog(hostConfig.LogConfig, request, lines);
  settings = {
    ...settings,
    config: checkConfig({
      ...config,
      Env: env,
      Labels: labels,
      ...(portsChange ? { ExposedPorts: exposed } : {}),
    }),
    hostConfig: { ...hostConfig, LogConfig: log, ...(portsChange ? { PortBindings: ports } : {}) },
  };
  checkLogConfig(log);
  // What a start would refuse must not be found out by a container that takes it over as it runs.
  if (lines.some(({ Kind }) => Kind === "log")) logBounds(log);
  core.security.protect(protectionRequest(settings.hostConfig));
  core.networks.validate(sandboxRequest(core, { ...record, ...settings }));
  return { settings, lines, warnings, needsRestart: lines.some((line) => !isLive(record, line)) };
}

/** Every published port is exposed; one that is no longer published stays so if the image says it. */
function exposedPorts(core: Core, record: ContainerRecord, ports: PortMap): Record<string, Record<string, never>> {
  const before = Object.keys(record.hostConfig.PortBindings ?? {});
  const gone = before.filter((port) => !Object.hasOwn(ports, port.includes("/") ? port : `${port}/tcp`));
  const ofImage = gone.length === 0 ? {} : (core.images.resolve(record.imageId).config.config?.ExposedPorts ?? {});
  const kept = Object.entries(record.config.ExposedPorts ?? {}).filter(([port]) => !gone.includes(port) || Object.hasOwn(ofImage, port));
  return Object.fromEntries([...kept, ...Object.keys(ports).map((port): [string, Record<string, never>] => [port, {}])]);
}

function isLive(record: ContainerRecord, line: ContainerChangeLine): boolean {
  if (line.Kind !== "log") return live.has(line.Kind);
  const { Type } = record.hostConfig.LogConfig;
  return (Type === "json-file" || Type === "local") && boundsOnly.has(line.Value.split("=")[0] ?? "");
}

function limits(
  core: Core,
  record: ContainerRecord,
  update: ContainerUpdateRequest,
  lines: ContainerChangeLine[],
): { readonly merged: HostConfig; readonly warnings: readonly string[] } {
  const { wanted, warnings } = checkUpdate(core, update);
  const merged = mergeUpdate(record.hostConfig, wanted);
  for (const [key, value] of Object.entries(merged)) {
    if (Bun.deepEquals(value, record.hostConfig[key as keyof HostConfig])) continue;
    if (key === "RestartPolicy") {
      const { Name, MaximumRetryCount } = merged.RestartPolicy;
      lines.push({ Kind: "restart-policy", Action: "set", Value: MaximumRetryCount > 0 ? `${Name}:${MaximumRetryCount}` : Name });
    } else {
      lines.push({ Kind: "limit", Action: "set", Value: `${key}=${String(value)}` });
    }
  }
  return { merged, warnings };
}

/** Another driver begins without options: those of the old one mean nothing to it. */
function changeLog(
  present: HostConfig["LogConfig"],
  request: ContainerChangeRequest,
  lines: ContainerChangeLine[],
): HostConfig["LogConfig"] {
  const driver = request.LogDriver ?? "";
  const other = driver !== "" && driver !== present.Type;
  if (other) lines.push({ Kind: "log", Action: "set", Value: `driver=${driver}` });
  const options: Record<string, string> = other ? {} : { ...present.Config };
  for (const [name, value] of Object.entries(request.LogOptions ?? {})) {
    if (options[name] === value) continue;
    lines.push({ Kind: "log", Action: Object.hasOwn(options, name) ? "set" : "add", Value: `${name}=${value}` });
    options[name] = value;
  }
  return { Type: other ? driver : present.Type, Config: options };
}
