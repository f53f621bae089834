import { compilePattern } from "@berth/spec";
import type { ContainerRecord } from "../../containers/record.ts";
import { logTag } from "./tag.ts";

/** Names and values that `labels`, `labels-regex`, `env` and `env-regex` choose from a container. Throws PatternError. */
export function chosenAttributes(record: Pick<ContainerRecord, "config" | "hostConfig">): Record<string, string> {
  const { Config } = record.hostConfig.LogConfig;
  const env = Object.fromEntries(
    (record.config.Env ?? []).flatMap((entry) => {
      const equals = entry.indexOf("=");
      return equals < 0 ? [] : [[entry.slice(0, equals), entry.slice(equals + 1)]];
    }),
  );
  return {
    ...choose(record.config.Labels, Config["labels"], Config["labels-regex"]),
    ...choose(env, Config["env"], Config["env-regex"]),
  };
}

/** What `logs --details` shows before each line: the chosen attributes, and the tag when one was asked for. */
export function logDetails(record: ContainerRecord, hostname: string): Record<string, string> {
  const attributes = chosenAttributes(record);
  if ((record.hostConfig.LogConfig.Config["tag"] ?? "") === "") return attributes;
  const tag = logTag(record, { hostname, fallback: "" });
  return tag === "" ? attributes : { ...attributes, tag };
}

function choose(from: Readonly<Record<string, string>>, names: string | undefined, pattern: string | undefined): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const name of (names ?? "").split(",")) if (Object.hasOwn(from, name)) chosen[name] = from[name] ?? "";
  if (pattern === undefined || pattern === "") return chosen;
  const compiled = compilePattern(pattern);
  for (const [name, value] of Object.entries(from)) if (compiled.test(name)) chosen[name] = value;
  return chosen;
}
