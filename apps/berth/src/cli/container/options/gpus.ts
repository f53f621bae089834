import { parseCsvLine } from "./csv.ts";
import { toMap } from "./key-values.ts";

/** One entry of HostConfig.DeviceRequests. */
export interface DeviceRequest {
  readonly Driver: string;
  /** -1 is all. */
  readonly Count: number;
  readonly DeviceIDs: readonly string[] | null;
  readonly Capabilities: readonly (readonly string[])[];
  readonly Options: Readonly<Record<string, string>>;
}

/**
 * Reads `all`, `2`, or `driver=nvidia,count=2,"capabilities=compute,utility"`.
 * @throws with docker's words
 */
export function parseGpus(text: string): DeviceRequest {
  const seen = new Map<string, string>();
  for (const field of parseCsvLine(text)) {
    const at = field.indexOf("=");
    // What stands without a key is how many.
    const [key, value] = at === -1 ? ["count", field] : [field.slice(0, at), field.slice(at + 1)];
    if (seen.has(key)) throw new Error(`gpu request key '${key}' can be specified only once`);
    if (!["driver", "count", "device", "capabilities", "options"].includes(key)) throw new Error(`unexpected key '${key}' in '${field}'`);
    seen.set(key, value);
  }
  const list = (key: string): string[] | undefined => seen.get(key)?.split(",");
  const devices = list("device") ?? null;
  const count = seen.get("count") ?? (devices === null ? "1" : "0");
  if (count !== "all" && !/^[+-]?\d{1,9}$/.test(count))
    throw new Error(`invalid count (${count}): value must be either "all" or an integer`);
  return {
    Driver: seen.get("driver") ?? "",
    Count: count === "all" ? -1 : Number(count),
    DeviceIDs: devices,
    Capabilities: [[...(list("capabilities") ?? []), "gpu"]],
    Options: toMap(parseCsvLine(seen.get("options") ?? "").filter((option) => option !== "")),
  };
}
