import { type ConvertFns, dlopen } from "bun:ffi";
import { fail } from "@berth/base";

/** libseccomp's functions (seccomp_init(3) and its neighbours; stable since 2.5). */
const symbols = {
  seccomp_arch_add: { args: ["ptr", "u32"], returns: "i32" },
  seccomp_arch_native: { args: [], returns: "u32" },
  seccomp_arch_remove: { args: ["ptr", "u32"], returns: "i32" },
  seccomp_attr_set: { args: ["ptr", "u32", "u32"], returns: "i32" },
  seccomp_export_bpf: { args: ["ptr", "i32"], returns: "i32" },
  seccomp_init: { args: ["u32"], returns: "ptr" },
  seccomp_release: { args: ["ptr"], returns: "void" },
  seccomp_rule_add_array: { args: ["ptr", "u32", "i32", "u32", "ptr"], returns: "i32" },
  seccomp_syscall_resolve_name: { args: ["ptr"], returns: "i32" },
  seccomp_syscall_resolve_name_arch: { args: ["u32", "ptr"], returns: "i32" },
} as const;

/** The library's functions; each returns a negative errno on failure. */
export type Libseccomp = ConvertFns<typeof symbols>;

/** @throws BerthError unavailable when the library is not installed */
export function loadLibseccomp(): Libseccomp {
  try {
    return dlopen("libseccomp.so.2", symbols).symbols;
  } catch (error) {
    throw fail("unavailable", "libseccomp.so.2 cannot be loaded: install the package libseccomp2.", error);
  }
}
