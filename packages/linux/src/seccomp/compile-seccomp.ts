import type { Pointer } from "bun:ffi";
import { fail } from "@berth/base";
import type { RuntimeSeccomp } from "@berth/spec";
import { cstring, errnoError } from "../kernel/system.ts";
import { actionValue, architectures, comparisons } from "./constants.ts";
import { exportFilter } from "./export-filter.ts";
import { type Libseccomp, loadLibseccomp } from "./libseccomp.ts";
import { prependUnknown } from "./prepend-unknown.ts";

type SeccompRule = RuntimeSeccomp["syscalls"][number];

const [SCMP_FLTATR_CTL_NNP, SCMP_FLTATR_CTL_TSYNC, SCMP_FLTATR_CTL_OPTIMIZE] = [3, 4, 8];
/** A tree of numbers instead of a chain: a call costs a dozen instructions instead of hundreds. */
const binaryTree = 2;
/** libseccomp's __NR_SCMP_ERROR. */
const unknownName = -1;
const EEXIST = 17;

/**
 * Compiles the seccomp section of an OCI config into classic BPF for this machine, instructions of 8 bytes as seccomp(2)
 * takes them, for crun's annotation `run.oci.seccomp_bpf_data`.
 *
 * As the runtimes do: names that the library does not know are skipped, several conditions on one argument are
 * alternatives, and a rule with the default's action is left out. As runc does: a call that is newer than everything the
 * profile names gives ENOSYS instead of the default's error, so that C libraries fall back to the older call.
 * @throws BerthError invalid for an action, comparison or architecture that does not exist or (SCMP_ACT_NOTIFY) cannot be
 *   compiled; unavailable without libseccomp
 */
export function compileSeccomp(profile: RuntimeSeccomp): Uint8Array {
  const lib = loadLibseccomp();
  const defaultAction = requireAction(profile.defaultAction, profile.defaultErrnoRet);
  const context = lib.seccomp_init(defaultAction) as Pointer | null;
  if (context === null) throw fail("invalid", `seccomp: ${profile.defaultAction} cannot be the default action`);
  try {
    const archs = addArchitectures(lib, context, profile.architectures ?? []);
    check("seccomp_attr_set", lib.seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0));
    check("seccomp_attr_set", lib.seccomp_attr_set(context, SCMP_FLTATR_CTL_TSYNC, 0));
    check("seccomp_attr_set", lib.seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, binaryTree));
    for (const rule of profile.syscalls) addRule(lib, context, rule, defaultAction);
    const filter = exportFilter((fd) => check("seccomp_export_bpf", lib.seccomp_export_bpf(context, fd)));
    return prependUnknown({
      filter,
      archs,
      profile,
      numberOf: (arch, name) => lib.seccomp_syscall_resolve_name_arch(arch, cstring("seccomp", name)),
    });
  } finally {
    lib.seccomp_release(context);
  }
}

/** Adds the profile's architectures; the machine's own is there already. Returns the tokens of all. */
function addArchitectures(lib: Libseccomp, context: Pointer, names: readonly string[]): readonly number[] {
  const tokens = new Set([lib.seccomp_arch_native() >>> 0]);
  for (const name of names) {
    const token = architectures[name];
    if (token === undefined) throw fail("invalid", `seccomp: unknown architecture ${name}`);
    const result = lib.seccomp_arch_add(context, token);
    if (result !== -EEXIST) check("seccomp_arch_add", result);
    tokens.add(token);
  }
  return [...tokens];
}

function addRule(lib: Libseccomp, context: Pointer, rule: SeccompRule, defaultAction: number): void {
  const action = requireAction(rule.action, rule.errnoRet);
  if (action === defaultAction) return;
  const conditions = (rule.args ?? []).map(encodeCondition);
  const indexes = new Set((rule.args ?? []).map((arg) => arg.index));
  const together = indexes.size === conditions.length;
  for (const name of rule.names) {
    const number = lib.seccomp_syscall_resolve_name(cstring("seccomp", name));
    if (number === unknownName) continue;
    for (const group of together ? [conditions] : conditions.map((condition) => [condition])) {
      const bytes = group.length === 0 ? null : Buffer.concat(group);
      check(`seccomp_rule_add ${name}`, lib.seccomp_rule_add_array(context, action, number, group.length, bytes));
    }
  }
}

/** `struct scmp_arg_cmp`. For SCMP_CMP_MASKED_EQ `value` is the mask and `valueTwo` what must be left, as in the spec. */
function encodeCondition(condition: NonNullable<SeccompRule["args"]>[number]): Uint8Array {
  const comparison = comparisons[condition.op];
  if (comparison === undefined) throw fail("invalid", `seccomp: unknown comparison ${condition.op}`);
  if (!Number.isInteger(condition.index) || condition.index < 0 || condition.index > 5)
    throw fail("invalid", `seccomp: system calls have no argument ${condition.index}`);
  const bytes = new DataView(new ArrayBuffer(24));
  bytes.setUint32(0, condition.index, true);
  bytes.setUint32(4, comparison, true);
  bytes.setBigUint64(8, BigInt(condition.value), true);
  bytes.setBigUint64(16, BigInt(condition.valueTwo ?? 0), true);
  return new Uint8Array(bytes.buffer);
}

function requireAction(name: string, errno: number | undefined): number {
  const value = actionValue(name, errno);
  if (value === null) throw fail("invalid", `seccomp: action ${name} cannot be compiled`);
  return value;
}

function check(call: string, result: number): void {
  if (result < 0) throw errnoError(call, null, -result);
}
