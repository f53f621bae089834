import { fail, isSha256 } from "@berth/base";
import type { ImageConfig } from "@berth/spec";
import { isRecord, isStrings } from "./metadata.ts";

type Check = (value: unknown) => boolean;
const isString: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value);
const isStringMap: Check = (value) => isRecord(value) && Object.values(value).every(isString);
const isSet: Check = (value) => isRecord(value) && Object.values(value).every((item) => item === null || isRecord(item));

const configChecks: Readonly<Record<string, Check>> = {
  architecture: isString,
  os: isString,
  variant: isString,
  created: isString,
  author: isString,
  comment: isString,
  docker_version: isString,
};
const executionChecks: Readonly<Record<string, Check>> = {
  User: isString,
  WorkingDir: isString,
  StopSignal: isString,
  Env: isStrings,
  Entrypoint: isStrings,
  Cmd: isStrings,
  OnBuild: isStrings,
  Shell: isStrings,
  Labels: isStringMap,
  ExposedPorts: isSet,
  Volumes: isSet,
  Healthcheck: (value) =>
    isRecord(value) &&
    checksPass(value, {
      Test: isStrings,
      Interval: isNumber,
      Timeout: isNumber,
      StartPeriod: isNumber,
      StartInterval: isNumber,
      Retries: isNumber,
    }) === null,
};
const historyChecks: Readonly<Record<string, Check>> = {
  created: isString,
  created_by: isString,
  author: isString,
  comment: isString,
  empty_layer: (value) => typeof value === "boolean",
};

/**
 * Checks that a JSON document is an image config (OCI image-spec, config.md): every field that is used later has its
 * type, so that nothing behind this has to look again. null stands for a missing field, as Go writes it.
 * @throws invalid naming the field
 */
export function checkConfig(json: unknown, mostLayers: number): ImageConfig {
  if (!isRecord(json)) throw wrong("it is no object");
  const bad = checksPass(json, configChecks);
  if (bad !== null) throw wrong(bad);
  const { rootfs, config, history } = json;
  if (!isRecord(rootfs) || rootfs["type"] !== "layers" || !isStrings(rootfs["diff_ids"])) throw wrong("rootfs");
  if (rootfs["diff_ids"].length > mostLayers) throw wrong(`it has more than ${mostLayers} layers`);
  if (!rootfs["diff_ids"].every(isSha256)) throw wrong("rootfs.diff_ids");
  if (config !== undefined && config !== null) {
    const badExecution = isRecord(config) ? checksPass(config, executionChecks) : "config";
    if (badExecution !== null) throw wrong(badExecution);
  }
  if (history !== undefined && history !== null) {
    if (!Array.isArray(history)) throw wrong("history");
    for (const item of history) {
      if (!isRecord(item) || checksPass(item, historyChecks) !== null) throw wrong("history");
    }
  }
  const { os = "linux" } = json as { os?: string };
  if (os !== "linux" && os !== "") throw fail("invalid", `cannot load ${os} image on linux`);
  return json as unknown as ImageConfig;
}

/** The first field that is there and of the wrong type. */
function checksPass(value: Readonly<Record<string, unknown>>, checks: Readonly<Record<string, Check>>): string | null {
  for (const [key, check] of Object.entries(checks)) {
    const field = value[key];
    if (field !== undefined && field !== null && !check(field)) return key;
  }
  return null;
}

function wrong(what: string): Error {
  return fail("invalid", `invalid image config: ${what}`);
}
