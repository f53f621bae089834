import { CAP_SYS_RESOURCE, type Kernel } from "@berth/linux";
import type { RuntimeProcess, Ulimit } from "@berth/spec";

/** Names of the limits in the order of their numbers (getrlimit(2)). */
const names: readonly string[] = "cpu fsize data stack core rss nproc nofile memlock as locks sigpending msgqueue nice rtprio rttime".split(
  " ",
);

/**
 * `--ulimit`s for the runtime. A daemon without CAP_SYS_RESOURCE cannot give more than it has itself: such limits are
 * lowered to that, because a container with less is worth more than none. Infinity is "unlimited".
 */
export function buildRlimits(ulimits: readonly Ulimit[], kernel: Kernel): NonNullable<RuntimeProcess["rlimits"]> {
  const free = kernel.hasCapability(CAP_SYS_RESOURCE);
  return ulimits.map((limit) => {
    const number = names.indexOf(limit.Name.toLowerCase());
    const most = free || number < 0 ? Number.POSITIVE_INFINITY : kernel.getRlimit(number)[1];
    const hard = Math.min(unlimited(limit.Hard), most);
    return { type: `RLIMIT_${limit.Name.toUpperCase()}`, hard, soft: Math.min(unlimited(limit.Soft), hard) };
  });
}

function unlimited(value: number): number {
  return value < 0 ? Number.POSITIVE_INFINITY : value;
}
