import type { FilterValues } from "@berth/client";
import type { Flag } from "./flag.ts";

/** `--filter key=value`, repeatable. */
export const filterFlag: Flag = {
  name: "filter",
  short: "f",
  type: "list",
  valueName: "filter",
  help: "Show only what matches KEY=VALUE",
  check: (value) => {
    if (value !== "" && !value.includes("=")) throw new Error("bad format of filter (expected name=value)");
    return value;
  },
};

/** Conditions by key; keys count without regard to case. */
export function toFilters(values: readonly string[]): FilterValues {
  const filters: Record<string, string[]> = {};
  for (const value of values) {
    if (value === "") continue;
    const at = value.indexOf("=");
    const key = value.slice(0, at).trim().toLowerCase();
    (filters[key] ??= []).push(value.slice(at + 1).trim());
  }
  return filters;
}
