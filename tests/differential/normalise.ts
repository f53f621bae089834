import type { RunningEngine } from "../harness/engines.ts";

/** Keys whose numbers or strings are of the moment. */
const momentary = new Set([
  "Created",
  "time",
  "timeNano",
  "StartedAt",
  "FinishedAt",
  "LastTagTime",
  "SystemTime",
  "execDuration",
  "Pid",
  "pid",
  "SandboxKey",
]);
/** Addresses on the default bridge but the gateway's, and the MAC addresses made from them: the engines hand them out in different orders. */
const address = /172\.17\.(?!0\.(?:0|1)\b)(\d+)\.(\d+)|02:42:ac:11(?!:00:01)((?::[0-9a-f]{2}){2})/g;
const zeroTimes = new Set(["0001-01-01T00:00:00Z", "", 0]);

/**
 * Makes observations of two engines comparable: ids become `<id 1>`, `<id 2>` in the order in which they appear in the case, addresses in that of the observation, times become
 * `<time>`, folders of the engine `<data>` and `<exec>`. All else stays.
 */
export function createNormaliser(engine: RunningEngine, keep: readonly string[]): (value: unknown) => unknown {
  const names = new Map<string, string>();
  const addresses: string[] = [];
  const kept = new Set(keep.map((id) => id.replace("sha256:", "")));

  function nameOf(id: string): string {
    if (kept.has(id)) return id;
    for (const [known, name] of names) if (known.startsWith(id)) return id.length === 64 ? name : `<short of ${name.slice(1)}`;
    if (id.length !== 64) return id;
    const name = `<id ${names.size + 1}>`;
    names.set(id, name);
    return name;
  }

  /** `172.17.0.2` and `02:42:ac:11:00:02` are both the first address. */
  function addressOf(found: string): string {
    const last = found.includes(":")
      ? found
          .split(":")
          .slice(4)
          .map((part) => Number.parseInt(part, 16))
      : found.split(".").slice(2).map(Number);
    const key = last.join(".");
    if (!addresses.includes(key)) addresses.push(key);
    return `<${found.includes(":") ? "mac" : "address"} ${addresses.indexOf(key) + 1}>`;
  }

  function text(value: string): string {
    return value
      .replace(address, addressOf)
      .replaceAll(engine.dataRoot, "<data>")
      .replaceAll(engine.execRoot, "<exec>")
      .replaceAll(engine.socket, "<socket>")
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, (time) => (zeroTimes.has(time) ? time : "<time>"))
      .replace(/\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g, nameOf);
  }

  function walk(value: unknown, key = ""): unknown {
    if (momentary.has(key) && !zeroTimes.has(value as string)) return `<${key}>`;
    // Where layers lie on disk is each engine's own matter.
    if (key === "GraphDriver") return { Name: (value as { Name: string }).Name };
    if (typeof value === "string") return text(value);
    // Docker lists mounts and ports in the random order of a Go map.
    if (key === "Ports" && Array.isArray(value)) return byKey(value, "PrivatePort").map((item) => walk(item));
    if (key === "Mounts" && Array.isArray(value)) return byKey(value, "Destination").map((item) => walk(item));
    if (Array.isArray(value)) return value.map((item) => walk(item));
    if (value !== null && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [text(name), walk(item, name)]));
    return value;
  }

  return (value) => {
    addresses.length = 0;
    return walk(value);
  };
}

function byKey(items: readonly unknown[], key: string): unknown[] {
  const text = (item: unknown): string => String((item as Record<string, unknown>)[key]).padStart(5, "0");
  return [...items].sort((one, other) => (text(one) < text(other) ? -1 : 1));
}
