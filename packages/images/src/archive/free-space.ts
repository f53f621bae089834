import { fail } from "@berth/base";
import type { Kernel } from "@berth/linux";

const checkEveryBytes = 32 << 20;

/**
 * Watches that what is received leaves room on the disk.
 * @returns to be called with the size of each piece; throws exhausted `no space left on device`
 */
export function freeSpaceGuard(kernel: Kernel, path: string, reserveBytes: number): (bytes: number) => void {
  let unchecked = checkEveryBytes;
  return (bytes) => {
    unchecked += bytes;
    if (unchecked < checkEveryBytes) return;
    unchecked = 0;
    if (kernel.statfs(path).freeBytes < BigInt(reserveBytes)) throw fail("exhausted", "no space left on device");
  };
}
