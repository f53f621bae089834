import type { HostSnapshot } from "@berth/engine";
import { fail } from "@berth/base";

/**
 * The machine as the engine sees it. `BERTH_TEST_BOOT_ID=<id>` stands in for the kernel's boot id, so that a test can let the machine
 * boot anew: nothing that was started under another id is taken for running.
 * @throws invalid when it has other than letters, digits and dashes
 */
export function hostFromEnvironment(environment: Readonly<Record<string, string | undefined>>, host: HostSnapshot): HostSnapshot {
  const bootId = environment["BERTH_TEST_BOOT_ID"] ?? "";
  if (bootId === "") return host;
  if (!/^[\w-]{1,64}$/.test(bootId)) throw fail("invalid", `BERTH_TEST_BOOT_ID is no boot id: ${bootId}`);
  return { ...host, bootId };
}
