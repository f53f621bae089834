import { fail } from "@berth/base";
import type { ImageExecutionConfig } from "@berth/spec";
import { parseJsonWords } from "./words.ts";

type Healthcheck = NonNullable<ImageExecutionConfig["Healthcheck"]>;

const durationFlags: Readonly<Record<string, "Interval" | "Timeout" | "StartPeriod" | "StartInterval">> = {
  interval: "Interval",
  timeout: "Timeout",
  "start-period": "StartPeriod",
  "start-interval": "StartInterval",
};
const unitsNs: Readonly<Record<string, number>> = { h: 3.6e12, m: 6e10, s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 };
/** Shorter than this Docker does not allow. */
const shortestNs = 1e6;

/** `HEALTHCHECK [--interval=…] CMD …` or `HEALTHCHECK NONE`. @throws invalid in Docker's words */
export function parseHealthcheck(text: string): Healthcheck {
  const flags = new Map<string, string>();
  let rest = text.trim();
  for (let match = /^--([a-z-]+)=(\S*)\s*/.exec(rest); match !== null; match = /^--([a-z-]+)=(\S*)\s*/.exec(rest)) {
    const [whole, name = "", value = ""] = match;
    if (durationFlags[name] === undefined && name !== "retries") throw fail("invalid", `Unknown flag: ${name}`);
    if (flags.has(name)) throw fail("invalid", `Duplicate flag specified: ${name}`);
    flags.set(name, value);
    rest = rest.slice(whole.length);
  }
  const [, type = "", command = ""] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
  if (type === "") throw fail("invalid", "HEALTHCHECK requires at least one argument");
  if (type.toUpperCase() === "NONE") {
    if (command !== "") throw fail("invalid", "HEALTHCHECK NONE takes no arguments");
    return { Test: ["NONE"] };
  }
  if (type.toUpperCase() !== "CMD") throw fail("invalid", `Unknown type ${JSON.stringify(type.toUpperCase())} in HEALTHCHECK (try CMD)`);
  const words = parseJsonWords(command);
  if (command === "" || words?.length === 0) throw fail("invalid", "Missing command after HEALTHCHECK CMD");
  const durations = [...flags].flatMap(([name, value]) => {
    const field = durationFlags[name];
    return field === undefined || value === "" ? [] : [[field, parseDuration(name, value)]];
  });
  const retries = flags.get("retries") ?? "";
  return {
    Test: words === null ? ["CMD-SHELL", command] : ["CMD", ...words],
    ...(Object.fromEntries(durations) as Healthcheck),
    ...(retries === "" ? {} : { Retries: parseRetries(retries) }),
  };
}

function parseDuration(flag: string, text: string): number {
  if (text.length > 64 || !/^(?:\d+(?:\.\d+)?(?:h|ms|us|µs|ns|m|s))+$/.test(text)) {
    throw fail("invalid", text === "0" ? `Interval "${flag}" cannot be less than 1ms` : `time: invalid duration ${JSON.stringify(text)}`);
  }
  let ns = 0;
  for (const [, amount = "0", unit = "s"] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/g))
    ns += Number(amount) * (unitsNs[unit] ?? 0);
  if (ns < shortestNs) throw fail("invalid", `Interval "${flag}" cannot be less than 1ms`);
  return Math.round(ns);
}

function parseRetries(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw fail("invalid", `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const retries = Number(text);
  if (retries < 0) throw fail("invalid", `--retries cannot be negative (${retries})`);
  return retries;
}
