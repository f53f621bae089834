/** Names of the OCI runtime spec (config-linux.md, "Seccomp") to architecture tokens of libseccomp, which are AUDIT_ARCH_* of linux/audit.h. */
export const architectures: Readonly<Record<string, number>> = {
  SCMP_ARCH_X86: 0x40000003,
  SCMP_ARCH_X86_64: 0xc000003e,
  SCMP_ARCH_X32: 0x4000003e,
  SCMP_ARCH_ARM: 0x40000028,
  SCMP_ARCH_AARCH64: 0xc00000b7,
  SCMP_ARCH_LOONGARCH64: 0xc0000102,
  SCMP_ARCH_MIPS: 0x8,
  SCMP_ARCH_MIPS64: 0x80000008,
  SCMP_ARCH_MIPS64N32: 0xa0000008,
  SCMP_ARCH_MIPSEL: 0x40000008,
  SCMP_ARCH_MIPSEL64: 0xc0000008,
  SCMP_ARCH_MIPSEL64N32: 0xe0000008,
  SCMP_ARCH_PPC: 0x14,
  SCMP_ARCH_PPC64: 0x80000015,
  SCMP_ARCH_PPC64LE: 0xc0000015,
  SCMP_ARCH_S390: 0x16,
  SCMP_ARCH_S390X: 0x80000016,
  SCMP_ARCH_PARISC: 0xf,
  SCMP_ARCH_PARISC64: 0x8000000f,
  SCMP_ARCH_RISCV64: 0xc00000f3,
};

export const X86_64: number = 0xc000003e;
export const X32: number = 0x4000003e;

/** Comparisons of an argument, `enum scmp_compare`. */
export const comparisons: Readonly<Record<string, number>> = {
  SCMP_CMP_NE: 1,
  SCMP_CMP_LT: 2,
  SCMP_CMP_LE: 3,
  SCMP_CMP_EQ: 4,
  SCMP_CMP_GE: 5,
  SCMP_CMP_GT: 6,
  SCMP_CMP_MASKED_EQ: 7,
};

/** What a filter returns, SECCOMP_RET_* of linux/seccomp.h. */
const actions: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
};

const EPERM = 1;

/** The return value of an action; errno and trace carry a number, EPERM where the profile has none. null for an unknown action. */
export function actionValue(name: string, errno: number | undefined): number | null {
  const value = actions[name];
  if (value === undefined) return null;
  return name === "SCMP_ACT_ERRNO" || name === "SCMP_ACT_TRACE" ? value | ((errno ?? EPERM) & 0xffff) : value;
}
