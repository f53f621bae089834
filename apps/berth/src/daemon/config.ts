import type { OptionValues } from "./options/option.ts";
import type { DaemonOptions } from "./options/options.ts";
import { readConfigFile } from "./options/read-file.ts";
import { resolveOptions } from "./options/resolve.ts";
import { optionTable } from "./options/table.ts";

/** Reads the configuration file that the flags name and puts both together. Throws invalid. */
export function loadOptions(flags: OptionValues): DaemonOptions {
  const row = optionTable.find((entry) => entry.flag === "config-file");
  const named = row === undefined ? undefined : flags.get(row);
  const path = String(named ?? row?.fallback ?? "");
  return resolveOptions(flags, readConfigFile({ path, required: named !== undefined }));
}
