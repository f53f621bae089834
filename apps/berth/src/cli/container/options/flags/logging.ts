import type { Flag } from "../../../args/flag.ts";

/** Where the container's output goes. */
export const loggingFlags: readonly Flag[] = [
  { name: "log-driver", type: "string", help: "How output is kept: json-file, local or none" },
  { name: "log-opt", type: "list", help: "Setting of the log, e.g. max-size=10m or max-file=3" },
];
