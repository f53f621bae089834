import type { ContainerConfig } from "@berth/spec";

/**
 * The settings of an image that is made of a container: what was asked for, and where that says nothing the container's own,
 * by Docker's rules.
 */
export function mergeCommitConfig(wanted: Partial<ContainerConfig>, own: ContainerConfig): Partial<ContainerConfig> {
  const entrypointGiven = (wanted.Entrypoint ?? []).length > 0;
  const merged: Partial<ContainerConfig> = {
    ...wanted,
    User: wanted.User || own.User,
    Env: mergeEnvironment(wanted.Env ?? [], own.Env ?? []),
    Labels: { ...own.Labels, ...wanted.Labels },
    Volumes: nullIfEmpty({ ...wanted.Volumes, ...own.Volumes }),
    WorkingDir: wanted.WorkingDir || own.WorkingDir,
    Cmd: !entrypointGiven && (wanted.Cmd ?? []).length === 0 ? own.Cmd : (wanted.Cmd ?? null),
    Entrypoint: entrypointGiven || wanted.Entrypoint?.length === 0 ? (wanted.Entrypoint ?? null) : own.Entrypoint,
  };
  const ports = { ...own.ExposedPorts, ...wanted.ExposedPorts };
  if (Object.keys(ports).length > 0) merged.ExposedPorts = ports;
  const stopSignal = wanted.StopSignal || own.StopSignal;
  if (stopSignal) merged.StopSignal = stopSignal;
  const healthcheck = { ...own.Healthcheck, ...definedOf(wanted.Healthcheck ?? {}) };
  if (Object.keys(healthcheck).length > 0) merged.Healthcheck = healthcheck;
  return merged;
}

/** Variables of both; of one that both have, the wanted one. */
function mergeEnvironment(wanted: readonly string[], own: readonly string[]): string[] {
  const nameOf = (line: string): string => line.split("=", 1)[0] ?? "";
  const known = new Set(wanted.map(nameOf));
  return [...wanted, ...own.filter((line) => !known.has(nameOf(line)))];
}

function nullIfEmpty<T extends object>(value: T): T | null {
  return Object.keys(value).length === 0 ? null : value;
}

function definedOf<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined && item !== 0)) as Partial<T>;
}
