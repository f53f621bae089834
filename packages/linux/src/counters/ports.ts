/** One number of a block device. */
export interface BlockCount {
  readonly major: number;
  readonly minor: number;
  /** As the kernel writes it: `Read` in v1, `read` in v2. */
  readonly op: string;
  readonly value: number;
}

/** What one cgroup has used; null where the controller is missing. Times since the cgroup was made. */
export interface CgroupSample {
  readonly cpu: {
    readonly usageNs: number;
    readonly userNs: number;
    readonly kernelNs: number;
    /** v1 only. */
    readonly perCpuNs: readonly number[] | null;
    readonly periods: number;
    readonly throttledPeriods: number;
    readonly throttledNs: number;
  } | null;
  readonly memory: {
    readonly version: 1 | 2;
    readonly usageBytes: number;
    /** v1 only. */
    readonly maxUsageBytes: number | null;
    /** Infinity is none (v1 has a very large number for it). */
    readonly limitBytes: number;
    /** How often the limit was met (v1), or could not be kept (v2). */
    readonly failures: number;
    /** memory.stat: names and decimal digits, some of them of more than 53 bits. */
    readonly stat: ReadonlyMap<string, string>;
  } | null;
  readonly pids: {
    readonly version: 1 | 2;
    readonly current: number;
    /** Infinity is none. */
    readonly limit: number;
  } | null;
  /** v1 counts operations too. */
  readonly blockIo: { readonly version: 1 | 2; readonly bytes: readonly BlockCount[]; readonly operations: readonly BlockCount[] } | null;
}

/** Reads one cgroup again and again: its files stay open. */
export interface CgroupSampler {
  /** null when the cgroup is gone. */
  sample(): CgroupSample | null;
  close(): void;
}

/** proc_pid_net(5), `dev`. */
export interface InterfaceCounters {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

/** What the kernel counts for the whole machine, and for network namespaces. */
export interface Counters {
  /** Time of all processors together, busy or not, and how many are online (proc_stat(5)). */
  processors(): { readonly usageNs: number; readonly online: number };
  /** Processes that were killed because memory ran out, of the machine or of any cgroup. Kernel 4.13. */
  oomKills(): number;
  /** Interfaces of the network namespace of a process, by name; null when there is no such process. */
  interfaces(pid: number): ReadonlyMap<string, InterfaceCounters> | null;
}
