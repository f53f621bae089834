import type { Flag } from "../../../args/flag.ts";

/** Where the container's output goes. */
export const loggingFlags: readonly Flag[] = [
  {
    name: "log-driver",
    type: "string",
    values: ["json-file", "local", "journald", "syslog", "none"],
    help: "Where output goes: json-file, local, journald, syslog or none",
  },
  { name: "log-opt", type: "list", help: "Setting of the log, e.g. max-size=10m or tag={{.Name}}" },
];
