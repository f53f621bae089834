import type { ContainerConfig, ContainerCreateRequest, HealthConfig } from "@berth/spec";
import type { ImageExecutionConfig } from "@berth/spec";

/**
 * A container's config: the request over the image's defaults, by Docker's rules (an entrypoint of the request drops
 * the image's command, variables and labels merge by key, volumes and ports by union).
 */
export function mergeConfig(request: ContainerCreateRequest, image: ImageExecutionConfig): ContainerConfig {
  const ownEntrypoint = request.Entrypoint ?? null;
  const ownCmd = request.Cmd ?? null;
  const hasEntrypoint = ownEntrypoint !== null && ownEntrypoint.length > 0;
  const hasCmd = ownCmd !== null && ownCmd.length > 0;
  // `--entrypoint ""` arrives as [""]: it means none, and the image's command is not taken either.
  const cleared = ownEntrypoint !== null && ownEntrypoint.length === 1 && ownEntrypoint[0] === "";
  const cmd = hasCmd || hasEntrypoint ? ownCmd : copy(image.Cmd);
  const entrypoint = cleared ? null : hasEntrypoint ? ownEntrypoint : (ownEntrypoint ?? copy(image.Entrypoint));
  const exposed = { ...image.ExposedPorts, ...request.ExposedPorts };
  const volumes = { ...image.Volumes, ...request.Volumes };
  const health = mergeHealth(request.Healthcheck, image.Healthcheck);
  const stopSignal = request.StopSignal || image.StopSignal;
  return {
    Hostname: request.Hostname ?? "",
    Domainname: request.Domainname ?? "",
    User: request.User || image.User || "",
    AttachStdin: request.AttachStdin ?? false,
    AttachStdout: request.AttachStdout ?? false,
    AttachStderr: request.AttachStderr ?? false,
    ...(Object.keys(exposed).length === 0 ? {} : { ExposedPorts: exposed }),
    Tty: request.Tty ?? false,
    OpenStdin: request.OpenStdin ?? false,
    StdinOnce: request.StdinOnce ?? false,
    Env: mergeEnv(request.Env ?? null, image.Env ?? null),
    Cmd: cmd,
    ...(health === null ? {} : { Healthcheck: health }),
    ...(request.ArgsEscaped === undefined ? {} : { ArgsEscaped: request.ArgsEscaped }),
    Image: request.Image ?? "",
    Volumes: Object.keys(volumes).length === 0 ? null : volumes,
    WorkingDir: request.WorkingDir || image.WorkingDir || "",
    Entrypoint: entrypoint,
    ...(request.NetworkDisabled === undefined ? {} : { NetworkDisabled: request.NetworkDisabled }),
    ...(request.MacAddress === undefined || request.MacAddress === "" ? {} : { MacAddress: request.MacAddress }),
    OnBuild: request.OnBuild ?? null,
    Labels: { ...image.Labels, ...request.Labels },
    ...(stopSignal === undefined || stopSignal === "" ? {} : { StopSignal: stopSignal }),
    ...(request.StopTimeout === undefined || request.StopTimeout === null ? {} : { StopTimeout: request.StopTimeout }),
    ...(request.Shell === undefined || request.Shell === null
      ? image.Shell === undefined
        ? {}
        : { Shell: [...image.Shell] }
      : { Shell: request.Shell }),
  };
}

/** The program and its arguments, or null when the config names none. */
export function commandOf(config: ContainerConfig): { readonly path: string; readonly args: readonly string[] } | null {
  const [path, ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  return path === undefined ? null : { path, args };
}

function mergeEnv(own: string[] | null, image: readonly string[] | null): string[] | null {
  if (own === null || own.length === 0) return image === null ? own : [...image];
  if (image === null) return own;
  const names = new Set(own.map(nameOf));
  return [...own, ...image.filter((entry) => !names.has(nameOf(entry)))];
}

function nameOf(entry: string): string {
  const equals = entry.indexOf("=");
  return equals < 0 ? entry : entry.slice(0, equals);
}

function mergeHealth(own: HealthConfig | undefined | null, image: ImageExecutionConfig["Healthcheck"]): HealthConfig | null {
  if (!own && !image) return null;
  const merged: HealthConfig = { ...own };
  const test = own?.Test === undefined || own.Test === null || own.Test.length === 0 ? image?.Test : own.Test;
  delete merged.Test;
  if (test !== undefined && test !== null && test.length > 0) merged.Test = [...test];
  for (const key of ["Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"] as const) {
    const value = own?.[key] || image?.[key];
    if (value !== undefined) merged[key] = value;
  }
  return merged;
}

function copy(list: readonly string[] | null | undefined): string[] | null {
  return list === null || list === undefined ? null : [...list];
}
