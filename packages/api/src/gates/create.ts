import { fail } from "@berth/base";
import { type ContainerCreateRequest, isAtLeast, type MountSpec } from "@berth/spec";

/** What a create request turns into, and what the client is told about it. */
export interface GatedCreate {
  readonly request: ContainerCreateRequest;
  readonly warnings: readonly string[];
}

/**
 * Reads a create request in the meaning of its API version: fields that a version does not know are dropped or refused, and defaults that
 * changed are set. Source: moby daemon/server/router/container/container_routes.go and the API changelog.
 * @throws invalid
 */
export function gateCreate(request: ContainerCreateRequest, version: string): GatedCreate {
  const host = { ...request.HostConfig };
  const gated: ContainerCreateRequest = { ...request, HostConfig: host };
  const older = (than: string): boolean => !isAtLeast(version, than);
  if (host.Mounts !== undefined) host.Mounts = host.Mounts.map((mount) => gateMount(mount, version));
  // Such clients remove the container themselves.
  if (older("1.25")) delete host.AutoRemove;
  if (older("1.40") && !host.IpcMode) host.IpcMode = "shareable";
  if (older("1.42") || host.ConsoleSize?.length !== 2) delete host.ConsoleSize;
  if (older("1.43")) delete host.Annotations;
  if (older("1.44")) {
    if (gated.Healthcheck !== undefined) gated.Healthcheck = { ...gated.Healthcheck, StartInterval: 0 };
    const names = Object.keys(gated.NetworkingConfig?.EndpointsConfig ?? {});
    if (names.length > 1) throw fail("invalid", `Container cannot be created with multiple network endpoints: ${names.join(", ")}`);
  }
  if (older("1.48")) dropGatewayPriority(gated);
  if (host.PidsLimit !== undefined && host.PidsLimit !== null && (older("1.40") || host.PidsLimit <= 0)) delete host.PidsLimit;
  return { request: gated, warnings: warningsOf(gated, version) };
}

function gateMount(mount: MountSpec, version: string): MountSpec {
  const older = (than: string): boolean => !isAtLeast(version, than);
  const gated = { ...mount };
  const type = gated.Type ?? "";
  if (gated.BindOptions !== undefined) {
    const bind = { ...gated.BindOptions };
    if (older("1.40")) delete bind.NonRecursive;
    if (older("1.42")) delete bind.CreateMountpoint;
    if (older("1.44") && type === "bind" && bind.ReadOnlyForceRecursive === true) {
      throw fail("invalid", "BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer");
    }
    if (older("1.44")) bind.ReadOnlyNonRecursive = true;
    gated.BindOptions = bind;
  }
  for (const [field, owner] of [
    ["VolumeOptions", "volume"],
    ["BindOptions", "bind"],
    ["TmpfsOptions", "tmpfs"],
  ] as const) {
    if (gated[field] === undefined || type === owner) continue;
    if (!older("1.42")) throw fail("invalid", `${field} must not be specified on mount type ${JSON.stringify(type)}`);
    if (field !== "BindOptions") delete gated[field];
  }
  if (older("1.45") && gated.VolumeOptions?.Subpath) throw fail("invalid", "VolumeOptions.Subpath needs API v1.45 or newer");
  if (older("1.48") && type === "image") throw fail("invalid", 'Mount type "Image" needs API v1.48 or newer');
  return gated;
}

function dropGatewayPriority(request: ContainerCreateRequest): void {
  for (const endpoint of Object.values(request.NetworkingConfig?.EndpointsConfig ?? {})) {
    if (endpoint !== null) delete endpoint.GwPriority;
  }
}

function warningsOf(request: ContainerCreateRequest, version: string): string[] {
  const warnings: string[] = [];
  const { VolumeDriver: driver, Mounts: mounts = [] } = request.HostConfig ?? {};
  const ambiguous = (mount: MountSpec): boolean => mount.Type === "volume" && !mount.VolumeOptions?.DriverConfig?.Name;
  if (isAtLeast(version, "1.48") && driver && mounts.some(ambiguous)) {
    warnings.push(
      "WARNING: the container-wide volume-driver configuration is ignored for volumes specified via 'mount'. Use '--mount type=volume,volume-driver=...' instead",
    );
  }
  if (isAtLeast(version, "1.44") && request.MacAddress) {
    warnings.push("The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.");
  }
  return warnings;
}
