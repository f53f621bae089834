import type { StopOptions } from "@berth/client";
import type { Flag } from "../../args/flag.ts";
import type { Parsed } from "../../args/parse.ts";

/** How a container is asked to end, and how long it has. `otherwise` says what holds without `--timeout`. */
export function stoppingFlags(otherwise: string): Flag[] {
  return [
    { name: "signal", short: "s", type: "string", values: "signal", help: "How to ask it to end, e.g. INT" },
    { name: "timeout", short: "t", type: "int", help: `Seconds until it is killed; else ${otherwise}`, aliases: ["time"] },
  ];
}

/** What these flags say. */
export function stoppingOptions(parsed: Parsed): StopOptions {
  return { signal: parsed.string("signal"), ...(parsed.has("timeout") ? { timeoutSeconds: parsed.number("timeout") } : {}) };
}
