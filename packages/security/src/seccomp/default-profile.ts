import { alwaysAllowed } from "./always-allowed.ts";
import type { SeccompArgument, SeccompCondition, SeccompProfile, SeccompRule } from "./profile.ts";

const ALLOW = "SCMP_ACT_ALLOW";
const ERRNO = "SCMP_ACT_ERRNO";
const EPERM = 1;
const ENOSYS = 38;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET: what makes a namespace. */
const NAMESPACE_FLAGS = 0x7e020000;

/** Domains of socket(2) that reach past the container: the kernel's crypto modules, and the hypervisor. */
const AF_ALG = 38;
const AF_VSOCK = 40;

/** PER_LINUX, PER_LINUX32, UNAME26 with each of them, and the query. */
const PERSONALITIES = [0, 8, 0x20000, 0x20008, 0xffffffff];

function allow(names: string, condition: { readonly includes?: SeccompCondition; readonly excludes?: SeccompCondition } = {}): SeccompRule {
  return { names: names.split(" "), action: ALLOW, ...condition };
}

function allowArgument(name: string, args: readonly SeccompArgument[]): SeccompRule {
  return { names: [name], action: ALLOW, args };
}

function withCapability(capability: string, names: string): SeccompRule {
  return allow(names, { includes: { caps: [capability] } });
}

const byArgument: readonly SeccompRule[] = [
  allowArgument("socket", [{ index: 0, value: AF_ALG, op: "SCMP_CMP_LT" }]),
  allowArgument("socket", [{ index: 0, value: AF_ALG + 1, op: "SCMP_CMP_EQ" }]),
  allowArgument("socket", [{ index: 0, value: AF_VSOCK, op: "SCMP_CMP_GT" }]),
  ...PERSONALITIES.map((value) => allowArgument("personality", [{ index: 0, value, op: "SCMP_CMP_EQ" }])),
];

const byArchitecture: readonly SeccompRule[] = [
  allow("sync_file_range2 swapcontext", { includes: { arches: ["ppc64le"] } }),
  allow("arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls", { includes: { arches: ["arm", "arm64"] } }),
  allow("arch_prctl", { includes: { arches: ["amd64", "x32"] } }),
  allow("modify_ldt", { includes: { arches: ["amd64", "x32", "x86"] } }),
  allow("s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr", { includes: { arches: ["s390", "s390x"] } }),
  allow("riscv_flush_icache", { includes: { arches: ["riscv64"] } }),
];

const byCapability: readonly SeccompRule[] = [
  withCapability("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
  withCapability(
    "CAP_SYS_ADMIN",
    "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules " +
      "lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname " +
      "sethostname setns syslog umount umount2 unshare",
  ),
  withCapability("CAP_SYS_BOOT", "reboot"),
  withCapability("CAP_SYS_CHROOT", "chroot"),
  withCapability("CAP_SYS_MODULE", "delete_module init_module finit_module"),
  withCapability("CAP_SYS_PACCT", "acct"),
  withCapability("CAP_SYS_PTRACE", "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"),
  withCapability("CAP_SYS_RAWIO", "iopl ioperm"),
  withCapability("CAP_SYS_TIME", "settimeofday stime clock_settime clock_settime64"),
  withCapability("CAP_SYS_TTY_CONFIG", "vhangup"),
  withCapability("CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
  withCapability("CAP_SYSLOG", "syslog"),
  withCapability("CAP_BPF", "bpf"),
  withCapability("CAP_PERFMON", "perf_event_open"),
];

/** Threads and processes may be made, namespaces not. clone3 hides its flags in memory: libc falls back to clone on ENOSYS. */
const withoutNamespaces: readonly SeccompRule[] = [
  {
    ...allowArgument("clone", [{ index: 0, value: NAMESPACE_FLAGS, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }]),
    excludes: { caps: ["CAP_SYS_ADMIN"], arches: ["s390", "s390x"] },
  },
  {
    // On s390 the flags are the second argument.
    ...allowArgument("clone", [{ index: 1, value: NAMESPACE_FLAGS, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }]),
    includes: { arches: ["s390", "s390x"] },
    excludes: { caps: ["CAP_SYS_ADMIN"] },
  },
  { names: ["clone3"], action: ERRNO, errnoRet: ENOSYS, excludes: { caps: ["CAP_SYS_ADMIN"] } },
];

/**
 * Docker's default profile as facts: which system calls a container may make, always, with a capability, from a
 * kernel on, or with some arguments only. Everything else fails with EPERM.
 */
export const defaultSeccompProfile: SeccompProfile = {
  defaultAction: ERRNO,
  defaultErrnoRet: EPERM,
  archMap: [
    { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
    { architecture: "SCMP_ARCH_AARCH64", subArchitectures: ["SCMP_ARCH_ARM"] },
    { architecture: "SCMP_ARCH_MIPS64", subArchitectures: ["SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64N32"] },
    { architecture: "SCMP_ARCH_MIPSEL64", subArchitectures: ["SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64N32"] },
    { architecture: "SCMP_ARCH_S390X", subArchitectures: ["SCMP_ARCH_S390"] },
    { architecture: "SCMP_ARCH_RISCV64", subArchitectures: [] },
    { architecture: "SCMP_ARCH_LOONGARCH64", subArchitectures: [] },
  ],
  syscalls: [
    { names: alwaysAllowed, action: ALLOW },
    // Before 4.8 a tracer could slip past its own filter.
    allow("process_vm_readv process_vm_writev ptrace", { includes: { minKernel: "4.8" } }),
    ...byArgument,
    ...byArchitecture,
    ...byCapability,
    ...withoutNamespaces,
  ],
};
