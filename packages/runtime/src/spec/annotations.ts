/**
 * Beginnings of annotations that crun and runc obey: they write files and start programs of the host as root (`run.oci.hooks.stdout`,
 * `run.oci.seccomp.plugins`), weaken the filter (`run.oci.seccomp_bpf_data`), choose another handler or checkpoint settings,
 * or set properties of systemd. Source: crun(1) and potentially_unsafe_annotations in crun's src/libcrun/container.c.
 */
const obeyed: readonly string[] = [
  "run.oci.",
  "org.criu.",
  "krun.",
  "module.wasm.",
  "io.kubernetes.cri.container-type",
  "org.systemd.property.",
];

/** Whether an annotation would be an order to the runtime, and not a note that it carries along. */
export function commandsRuntime(key: string): boolean {
  return obeyed.some((beginning) => key.startsWith(beginning));
}

/** A container's annotations without those that the runtime obeys. */
export function harmlessAnnotations(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !commandsRuntime(key)));
}
