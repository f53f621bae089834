import { type ContainerUpdateRequest, type HostConfig, isAtLeast } from "@berth/spec";

/** What of a container's limits an update can change: the others are limits of devices, which came with API 1.55, or are read and left alone. */
const changeable = [
  "BlkioWeight",
  "CpuPeriod",
  "CpuQuota",
  "CpuRealtimePeriod",
  "CpuRealtimeRuntime",
  "CpuShares",
  "CpusetCpus",
  "CpusetMems",
  "Memory",
  "MemoryReservation",
  "MemorySwap",
  "NanoCpus",
] as const satisfies readonly (keyof HostConfig)[];

/** Reads an update in the meaning of its API version; any pids limit below one is none. */
export function gateUpdate(body: ContainerUpdateRequest, version: string): ContainerUpdateRequest {
  const gated = Object.fromEntries(
    changeable.filter((key) => body[key] !== undefined && body[key] !== null).map((key) => [key, body[key]]),
  );
  const pids = isAtLeast(version, "1.40") ? body.PidsLimit : undefined;
  return {
    ...gated,
    ...(pids === undefined || pids === null ? {} : { PidsLimit: Math.max(0, pids) }),
    ...(body.RestartPolicy ? { RestartPolicy: body.RestartPolicy } : {}),
  };
}
