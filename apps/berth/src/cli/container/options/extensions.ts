import type { Parsed } from "../../args/parse.ts";

/** What an unhealthy container can lead to. */
export function healthAction(value: string): string {
  if (["none", "restart", "stop", "kill"].includes(value)) return value;
  throw new Error(`${JSON.stringify(value)} is not one of none, restart, stop, kill`);
}

const durations = ["restart-delay", "restart-max-delay", "restart-reset"];

/** Flags that Docker does not have become annotations, which every version of the API carries since 1.43. */
export function extensionAnnotations(parsed: Parsed): Record<string, string> {
  const annotations: Record<string, string> = {};
  if (parsed.string("health-on-failure") !== "") annotations["berth.health-on-failure"] = parsed.string("health-on-failure");
  if (parsed.list("requires").length > 0) annotations["berth.requires"] = parsed.list("requires").join(",");
  for (const name of durations) {
    if (parsed.has(name)) annotations[`berth.${name}`] = `${parsed.number(name)}ns`;
  }
  return annotations;
}
