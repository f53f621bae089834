import type { Core } from "../../core.ts";
import { jsonLogFile } from "../../containers/folder.ts";
import type { ContainerRecord } from "../../containers/record.ts";
import { logDetails } from "../config/attributes.ts";
import { logBounds } from "../config/bounds.ts";
import { logTag } from "../config/tag.ts";
import { journaldOpener } from "../sinks/journald/open.ts";
import { containerFields } from "../sinks/journald/fields.ts";
import { jsonAttributes } from "../sinks/json-file/message.ts";
import { jsonFileOpener } from "../sinks/json-file/open.ts";
import { syslogOpener } from "../sinks/syslog/open.ts";
import { readTlsFiles } from "../sinks/syslog/secure.ts";
import type { OpenSink } from "./entry.ts";

type Options = Pick<Core, "dataRoot" | "kernel"> & { readonly host: Pick<Core["host"], "hostname"> };

const defaultTag = "{{.ID}}";

/** Opens what the driver of a container sends to. Throws for options that say nothing sensible. */
export function sinkOpener(core: Options, record: ContainerRecord): OpenSink {
  const { kernel, host } = core;
  const { Type, Config } = record.hostConfig.LogConfig;
  switch (Type) {
    case "journald":
      return journaldOpener({ kernel, fields: containerFields(record, logTag(record, { hostname: host.hostname, fallback: defaultTag })) });
    case "syslog":
      return syslogOpener({
        config: Config,
        kernel,
        hostname: host.hostname,
        tag: logTag(record, { hostname: host.hostname, fallback: defaultTag }),
      });
    default:
      return jsonFileOpener({
        path: jsonLogFile(core, record.id),
        bounds: logBounds(record.hostConfig.LogConfig),
        attributes: jsonAttributes(logDetails(record, host.hostname)),
      });
  }
}

/**
 * Everything about a container's log that Docker looks at when it starts the container and not before: sizes, the tag's
 * template, patterns, certificates. Nobody is connected to: a receiver that is not there keeps no container from starting.
 */
export function checkLogAtStart(core: Options, record: ContainerRecord): void {
  const { Type, Config } = record.hostConfig.LogConfig;
  if (Type === "none") return;
  logBounds(record.hostConfig.LogConfig);
  if (Type === "local") return;
  logDetails(record, core.host.hostname);
  if (Type === "json-file") return;
  sinkOpener(core, record);
  if (Type === "syslog" && (Config["syslog-address"] ?? "").startsWith("tcp+tls:")) readTlsFiles(Config);
}
