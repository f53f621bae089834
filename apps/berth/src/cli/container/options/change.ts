import type { ContainerChangeRequest, ContainerUpdateRequest, MountSpec } from "@berth/spec";
import type { Flag } from "../../args/flag.ts";
import type { Parsed } from "../../args/parse.ts";
import { accepted, envVariable } from "./checks.ts";
import { readKeyValues, toMap } from "./key-values.ts";
import { parseMount } from "./mount.ts";
import { parsePorts } from "./ports.ts";
import { parseVolumes } from "./volume.ts";

/** What Berth alone can change of an existing container. */
export const changeFlags: readonly Flag[] = [
  { name: "env-add", type: "list", values: "variable", help: "Set a variable, NAME=VALUE; NAME alone takes yours", check: envVariable },
  { name: "env-rm", type: "list", help: "Take this variable away" },
  { name: "label-add", type: "list", help: "Set a label, NAME=VALUE" },
  { name: "label-rm", type: "list", help: "Take this label away" },
  {
    name: "log-driver",
    type: "string",
    values: ["json-file", "local", "journald", "syslog", "none"],
    help: "Keep output another way; its settings begin anew",
  },
  { name: "log-opt", type: "list", help: "Setting of the log, e.g. max-size=10m" },
  { name: "mount-add", type: "list", valueName: "mount", help: "Mount in words, as run's --mount", check: accepted(parseMount) },
  { name: "mount-rm", type: "list", help: "Mount nothing at this path inside any more; the data stays" },
  { name: "publish-add", type: "list", help: "Open one more port: [IP:]HOST:CONTAINER[/udp]" },
  { name: "publish-rm", type: "list", help: "Close [HOST:]CONTAINER[/udp]; without HOST all that lead there" },
  { name: "volume-add", type: "list", help: "Show HOST_FOLDER:FOLDER[:ro] or VOLUME:FOLDER inside" },
];

/** The body of a change; what no flag says is left out. */
export function changeRequest(parsed: Parsed, update: ContainerUpdateRequest): ContainerChangeRequest {
  const { bindings } = parsePorts(parsed.list("publish-add"), []);
  const { binds, anonymous } = parseVolumes(parsed.list("volume-add"));
  const mounts = [
    ...(parsed.list("mount-add").map(parseMount) as MountSpec[]),
    ...anonymous.map((path): MountSpec => ({ Type: "volume", Source: "", Target: path })),
  ];
  const said = <T>(flag: string, body: T): T | object => (parsed.has(flag) ? body : {});
  return {
    ...said("publish-add", { PublishAdd: Object.fromEntries(Object.entries(bindings).map(([port, list]) => [port, [...list]])) }),
    ...said("publish-rm", { PublishRemove: [...parsed.list("publish-rm")] }),
    ...(binds.length === 0 ? {} : { BindsAdd: [...binds] }),
    ...(mounts.length === 0 ? {} : { MountsAdd: mounts }),
    ...said("mount-rm", { MountsRemove: [...parsed.list("mount-rm")] }),
    ...said("env-add", { EnvAdd: readKeyValues([], parsed.list("env-add"), true) }),
    ...said("env-rm", { EnvRemove: [...parsed.list("env-rm")] }),
    ...said("label-add", { LabelsAdd: toMap(parsed.list("label-add")) }),
    ...said("label-rm", { LabelsRemove: [...parsed.list("label-rm")] }),
    ...said("log-driver", { LogDriver: parsed.string("log-driver") }),
    ...said("log-opt", { LogOptions: toMap(parsed.list("log-opt")) }),
    ...(Object.keys(update).length === 0 ? {} : { Update: update }),
  };
}
