/** When a rule of a {@link SeccompProfile} takes part; all that is given must hold. */
export interface SeccompCondition {
  /** `includes`: all of these are needed. `excludes`: any of these leaves the rule out. Names with CAP_. */
  readonly caps?: readonly string[];
  /** Architectures by their Go names (amd64, arm64, s390x, …), and libseccomp's x86 and x32. */
  readonly arches?: readonly string[];
  /** `4.8`: that version of the kernel or a newer one. */
  readonly minKernel?: string;
}

/** A comparison of one argument (0 to 5) of a system call. */
export interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: string;
}

/** What happens to some system calls. */
export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
  readonly includes?: SeccompCondition;
  readonly excludes?: SeccompCondition;
}

/** A seccomp profile in Docker's format: the OCI one, with conditions on rules and a map of sub-architectures. */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly archMap?: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] | null }[];
  readonly flags?: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}
