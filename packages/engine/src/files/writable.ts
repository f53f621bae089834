import { fail } from "@berth/base";
import type { ContainerRecord } from "../containers/record.ts";

/** @throws forbidden, in Docker's words, when a path lies on a read-only mount or on a read-only root file system */
export function refuseReadOnly(record: ContainerRecord, path: string): void {
  const destinations = [
    ...record.mounts.map(({ destination, rw }) => ({ destination, rw })),
    ...Object.keys(record.hostConfig.Tmpfs ?? {}).map((destination) => ({ destination, rw: true })),
  ];
  const [nearest] = destinations
    .filter(({ destination }) => path === destination || path.startsWith(`${destination.replace(/\/$/, "")}/`))
    .sort((a, b) => b.destination.length - a.destination.length);
  if (nearest?.rw === false) throw fail("forbidden", "mounted volume is marked read-only");
  if (nearest === undefined && record.hostConfig.ReadonlyRootfs) throw fail("forbidden", "container rootfs is marked read-only");
}
