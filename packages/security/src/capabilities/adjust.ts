import { fail } from "@berth/base";
import { capabilityNames, defaultCapabilities } from "./names.ts";

const ALL = "ALL";

/** `--cap-add`, `--cap-drop` and `--privileged` of one container. */
export interface CapabilityRequest {
  readonly add: readonly string[];
  readonly drop: readonly string[];
  readonly privileged: boolean;
  /** What the daemon itself may hand out: its bounding set. */
  readonly available: readonly string[];
}

/**
 * Upper case, with the prefix CAP_; `ALL` stays `ALL`.
 * @param field `CapAdd` or `CapDrop`, for the message
 * @throws invalid with Docker's words when the kernel or the daemon lacks one
 */
export function normalizeCapabilities(field: "CapAdd" | "CapDrop", names: readonly string[], available: readonly string[]): string[] {
  return names.map((name) => {
    const upper = name.toUpperCase();
    if (upper === ALL) return ALL;
    const full = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
    if (!capabilityNames.includes(full)) throw fail("invalid", `invalid ${field}: unknown capability: ${JSON.stringify(full)}`);
    if (field === "CapAdd" && !available.includes(full)) {
      throw fail(
        "invalid",
        `invalid ${field}: capability not supported by your kernel or not available in the current environment: ${JSON.stringify(full)}`,
      );
    }
    return full;
  });
}

/**
 * The capabilities a container gets. `ALL` in `add` wins over `ALL` in `drop`; a privileged container gets
 * whatever is available. Names that the daemon lacks are left out of the default set, because no runtime can grant them.
 */
export function adjustCapabilities(request: CapabilityRequest): string[] {
  const available = capabilityNames.filter((name) => request.available.includes(name));
  if (request.privileged) return available;
  const add = normalizeCapabilities("CapAdd", request.add, request.available);
  const drop = normalizeCapabilities("CapDrop", request.drop, request.available);
  if (add.includes(ALL)) return available.filter((name) => !drop.includes(name));
  if (drop.includes(ALL)) return [...new Set(add)];
  const kept = defaultCapabilities.filter((name) => available.includes(name) && !drop.includes(name));
  return [...new Set([...kept, ...add])];
}
