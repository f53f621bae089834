import { readFileSync, existsSync } from "node:fs";
import type { CaseContext, DifferentialCase } from "../case.ts";

type Spec = Record<string, unknown> & { linux: Record<string, unknown> };

/** The `config.json` that the engine gave to the OCI runtime. */
function bundleConfig(context: CaseContext, id: string): Spec {
  const file = [
    `${context.engine.execRoot}/containers/${id}/config.json`,
    `${context.engine.execRoot}/containerd/daemon/io.containerd.runtime.v2.task/moby/${id}/config.json`,
  ].find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`${context.engine.kind} has no bundle of ${id}`);
  return JSON.parse(readFileSync(file, "utf8")) as Spec;
}

async function see(context: CaseContext, body: Record<string, unknown>): Promise<void> {
  const id = await context.start("oci", { Cmd: ["sleep", "60"], Hostname: "oci", ...body });
  const spec = bundleConfig(context, id);
  const mounts = spec["mounts"] as { destination: string }[];
  context.see("process", { terminal: false, ...(spec["process"] as object) });
  context.see("root", { readonly: false, ...(spec["root"] as object), path: "" });
  context.see("mounts", Object.fromEntries(mounts.map((mount) => [mount.destination, mount])));
  context.see("hostname", spec["hostname"]);
  const { seccomp, ...linux } = spec.linux as Record<string, unknown> & {
    seccomp?: { defaultAction: string };
    namespaces: { type: string }[];
    cgroupsPath: string;
  };
  context.see("linux", { ...linux, cgroupsPath: "", namespaces: linux.namespaces.map((namespace) => namespace.type).sort() });
  context.see("seccomp", seccomp === undefined ? null : seccomp.defaultAction);
}

/** The generated OCI runtime configuration. */
export const oci: readonly DifferentialCase[] = [
  { name: "oci: config.json of a default container", run: (context) => see(context, {}) },
  {
    name: "oci: config.json with options",
    run: (context) =>
      see(context, {
        User: "ann",
        Tty: true,
        Env: ["A=1"],
        WorkingDir: "/tmp",
        HostConfig: {
          ReadonlyRootfs: true,
          CapAdd: ["NET_ADMIN"],
          CapDrop: ["MKNOD"],
          Memory: 67_108_864,
          NanoCpus: 1_500_000_000,
          PidsLimit: 10,
          Tmpfs: { "/scratch": "size=1m" },
          Binds: ["/etc/apt:/mnt:ro"],
          SecurityOpt: ["no-new-privileges"],
          Ulimits: [{ Name: "nofile", Soft: 100, Hard: 200 }],
          OomScoreAdj: 50,
          ShmSize: 1_048_576,
        },
      }),
  },
];
