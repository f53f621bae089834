import { createHash } from "node:crypto";
import type { RuntimeSeccomp, RuntimeSpec } from "@berth/spec";

/** crun takes a compiled filter (base64 of BPF instructions) instead of the profile. */
const ANNOTATION = "run.oci.seccomp_bpf_data";
/** Filters are 4 to 8 kB; a host has a handful of profiles. */
const CACHE_MAX = 64;

/** Turns the OCI seccomp section into BPF instructions for this machine; throws when it cannot. */
export type CompileSeccomp = (seccomp: RuntimeSeccomp) => Uint8Array;

/**
 * Hands crun compiled filters: compiling Docker's profile costs crun 15 ms each start, once is enough. The key is
 * the whole section, which is what profile, capabilities, kernel and architecture make of it.
 */
export class SeccompFilters {
  readonly #compile: CompileSeccomp;
  readonly #filters = new Map<string, string>();

  constructor(compile: CompileSeccomp) {
    this.#compile = compile;
  }

  /** The spec with the filter in place of the section; as it was when it has none, or one that must stay with crun. */
  apply(spec: RuntimeSpec): RuntimeSpec {
    const seccomp = spec.linux.seccomp;
    // Notifications and flags need the section itself.
    if (seccomp === undefined || (seccomp.flags?.length ?? 0) > 0 || usesNotify(seccomp)) return spec;
    const { seccomp: _section, ...linux } = spec.linux;
    return { ...spec, linux, annotations: { ...spec.annotations, [ANNOTATION]: this.#filter(seccomp) } };
  }

  #filter(seccomp: RuntimeSeccomp): string {
    const key = createHash("sha256").update(JSON.stringify(seccomp)).digest("base64");
    const known = this.#filters.get(key);
    if (known !== undefined) return known;
    const filter = Buffer.from(this.#compile(seccomp)).toString("base64");
    const oldest = this.#filters.keys().next();
    if (this.#filters.size >= CACHE_MAX && oldest.done !== true) this.#filters.delete(oldest.value);
    this.#filters.set(key, filter);
    return filter;
  }
}

function usesNotify(seccomp: RuntimeSeccomp): boolean {
  return seccomp.syscalls.some((rule) => rule.action === "SCMP_ACT_NOTIFY");
}
