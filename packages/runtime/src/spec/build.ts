import type { RuntimeSpec } from "@berth/spec";
import { harmlessAnnotations } from "./annotations.ts";
import { buildDevices } from "./devices.ts";
import { buildMounts } from "./mounts.ts";
import { buildNamespaces } from "./namespaces.ts";
import { buildProcess } from "./process.ts";
import { rootPropagation } from "./propagation.ts";
import type { SpecRequest } from "./request.ts";
import { buildResources } from "./resources.ts";
import { buildSysctls } from "./sysctls.ts";

/**
 * The config.json of a container, as Docker writes it, but for: no hook for the network (its namespace is joined by
 * path), no zero CPU shares and block weight (they say nothing), device numbers that mean "any" left out, newer masked paths.
 * @throws invalid with Docker's words: unknown user or group, missing device, bad tmpfs option, mount that is not shared
 */
export function buildRuntimeSpec(request: SpecRequest): RuntimeSpec {
  const { config, hostConfig, protection } = request;
  const { devices, rules } = buildDevices(request);
  const { mounts, binds } = buildMounts(request);
  const ownHostname = hostConfig.UTSMode !== "host";
  const propagation = rootPropagation(binds);
  return {
    ociVersion: "1.0.2",
    process: buildProcess(request),
    root: { path: request.rootfs, readonly: hostConfig.ReadonlyRootfs },
    ...(ownHostname ? { hostname: config.Hostname } : {}),
    mounts,
    ...(hostConfig.Annotations === undefined ? {} : { annotations: harmlessAnnotations(hostConfig.Annotations) }),
    linux: {
      sysctl: buildSysctls(request),
      resources: { ...buildResources(hostConfig, request.kernel), devices: rules },
      cgroupsPath: request.cgroupPath,
      namespaces: buildNamespaces(request),
      ...(devices.length === 0 ? {} : { devices }),
      ...(protection.seccomp === null ? {} : { seccomp: protection.seccomp }),
      ...(propagation === null ? {} : { rootfsPropagation: propagation }),
      maskedPaths: [...protection.maskedPaths],
      readonlyPaths: [...protection.readonlyPaths],
    },
  };
}
