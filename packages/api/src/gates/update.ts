import { type ContainerUpdateRequest, isAtLeast } from "@berth/spec";

/** Reads an update in the meaning of its API version: limits of devices came with 1.55, and any pids limit below one is none. */
export function gateUpdate(body: ContainerUpdateRequest, version: string): ContainerUpdateRequest {
  const gated = { ...body };
  for (const key of ["WeightDevice", "DeviceReadBps", "DeviceWriteBps", "DeviceReadIOps", "DeviceWriteIOps"] as const) {
    delete gated[`Blkio${key}`];
  }
  if (!isAtLeast(version, "1.40")) delete gated.PidsLimit;
  if (typeof gated.PidsLimit === "number") gated.PidsLimit = Math.max(0, gated.PidsLimit);
  return gated;
}
