import { fail } from "@berth/base";
import type { HostConfig } from "@berth/spec";

const numbers = [
  "BlkioWeight",
  "CpuShares",
  "NanoCpus",
  "CpuPeriod",
  "CpuQuota",
  "CpuRealtimePeriod",
  "CpuRealtimeRuntime",
  "Memory",
  "MemorySwap",
  "MemoryReservation",
] as const;

/** Which combinations of what is there and what is wanted do not go together, and Docker's words for it. */
const conflicts = [
  ["NanoCpus", "CpuPeriod", "Nano CPUs cannot be updated as CPU Period has already been set"],
  ["NanoCpus", "CpuQuota", "Nano CPUs cannot be updated as CPU Quota has already been set"],
  ["CpuPeriod", "NanoCpus", "CPU Period cannot be updated as NanoCPUs has already been set"],
  ["CpuQuota", "NanoCpus", "CPU Quota cannot be updated as NanoCPUs has already been set"],
] as const;

/**
 * A container's configuration with what an update wants of it; a number of zero, an empty set and null mean "as it is".
 * Throws conflict where the two do not go together.
 */
export function mergeUpdate(present: HostConfig, wanted: HostConfig): HostConfig {
  for (const [asked, there, words] of conflicts) {
    if (wanted[asked] > 0 && present[there] > 0) throw fail("conflict", `Conflicting options: ${words}`);
  }
  // Also for a container without any limit of swap: whoever limits its memory has to say what is with swap.
  if (wanted.Memory !== 0 && wanted.MemorySwap === 0 && wanted.Memory > present.MemorySwap) {
    throw fail("conflict", "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time");
  }
  const policy = wanted.RestartPolicy.Name;
  if (policy !== "" && policy !== "no" && present.AutoRemove) {
    throw fail("conflict", "Restart policy cannot be updated because AutoRemove is enabled for the container");
  }
  const merged: HostConfig = { ...present };
  for (const key of numbers) if (wanted[key] !== 0) merged[key] = wanted[key];
  if (wanted.CpusetCpus !== "") merged.CpusetCpus = wanted.CpusetCpus;
  if (wanted.CpusetMems !== "") merged.CpusetMems = wanted.CpusetMems;
  if (wanted.PidsLimit !== null) merged.PidsLimit = wanted.PidsLimit;
  if (policy !== "") merged.RestartPolicy = wanted.RestartPolicy;
  return merged;
}
