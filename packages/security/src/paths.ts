/** Paths that a container sees as empty: they tell about the host, or let it be harmed. */
export const defaultMaskedPaths: readonly string[] = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];

/** Paths that a container can read but not write. */
export const defaultReadonlyPaths: readonly string[] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/**
 * Per-processor counters that are masked as well (a side channel, as is /proc/interrupts).
 * @param cpus number of possible processors
 * @param exists whether a path is there; a runtime does not mind missing ones, but inspect shows the list
 */
export function thermalPaths(cpus: number, exists: (path: string) => boolean): string[] {
  const paths: string[] = [];
  for (let cpu = 0; cpu < cpus; cpu++) {
    const path = `/sys/devices/system/cpu/cpu${cpu}/thermal_throttle`;
    if (exists(path)) paths.push(path);
  }
  return paths;
}
