import { type BerthError, fail } from "@berth/base";
import { tmpfsOptionsOf } from "@berth/runtime";
import type { MountSpec } from "@berth/spec";
import { existsSync } from "node:fs";
import { cleanPath } from "../containers/create/check-config.ts";
import type { MountRecord } from "../containers/record.ts";
import { checkTarget, checkVolumeName, isPropagation } from "./parse-bind.ts";

/** Parses one `--mount` entry with Docker's words; a bind source has to exist. Throws invalid. */
export function parseMount(spec: MountSpec, volumesRoot: string): MountRecord {
  const bad = (problem: string): BerthError => fail("invalid", `invalid mount config for type "${spec.Type}": ${problem}`);
  if (spec.Type !== "bind" && spec.BindOptions) throw bad("field BindOptions must not be specified");
  if (spec.Type !== "volume" && spec.VolumeOptions) throw bad("field VolumeOptions must not be specified");
  if (spec.Type !== "tmpfs" && spec.TmpfsOptions) throw bad("field TmpfsOptions must not be specified");
  const problem = checkTarget(spec.Target ?? "");
  if (problem !== null) throw bad(problem);
  const common = {
    destination: cleanPath(spec.Target),
    rw: !(spec.ReadOnly ?? false),
    anonymous: false,
    createSource: false,
    copyUp: false,
    driver: "",
    name: "",
  };
  const source = spec.Source ?? "";
  switch (spec.Type) {
    case "bind":
      return { ...common, ...bindParts(spec, source, bad) };
    case "volume": {
      if (source !== "") checkVolumeName(source);
      const driver = spec.VolumeOptions?.DriverConfig?.Name || "local";
      if (driver !== "local") throw fail("not-found", `error looking up volume plugin ${driver}: plugin "${driver}" not found`);
      if (spec.VolumeOptions?.Subpath) throw bad("volume subpaths are not supported");
      return {
        ...common,
        type: "volume",
        name: source,
        source: source === "" ? "" : `${volumesRoot}/${source}/_data`,
        driver,
        mode: "z",
        propagation: "",
        copyUp: !(spec.VolumeOptions?.NoCopy ?? false),
        anonymous: source === "",
        options: [],
      };
    }
    case "tmpfs":
      if (source !== "") throw bad("field Source must not be specified");
      return { ...common, type: "tmpfs", source: "", mode: "", propagation: "", options: tmpfsOptions(spec, bad) };
    default:
      throw bad("mount type unknown");
  }
}

type BindParts = Pick<MountRecord, "type" | "source" | "mode" | "propagation" | "createSource" | "options">;

function bindParts(spec: MountSpec, source: string, bad: (problem: string) => BerthError): BindParts {
  if (source === "") throw bad("field Source must not be empty");
  const propagation = spec.BindOptions?.Propagation ?? "";
  if (propagation !== "" && !isPropagation(propagation)) throw bad(`invalid propagation mode: ${propagation}`);
  if (!source.startsWith("/")) throw bad(`invalid mount path: '${source}' mount path must be absolute`);
  const create = spec.BindOptions?.CreateMountpoint ?? false;
  if (!create && !existsSync(source)) throw bad(`bind source path does not exist: ${source}`);
  return {
    type: "bind",
    source: cleanPath(source),
    mode: "",
    propagation: propagation === "" ? "rprivate" : propagation,
    createSource: create,
    options: spec.BindOptions?.NonRecursive ? ["bind"] : [],
  };
}

function tmpfsOptions(spec: MountSpec, bad: (problem: string) => BerthError): string[] {
  if ((spec.TmpfsOptions?.SizeBytes ?? 0) < 0) throw bad("invalid size");
  for (const option of spec.TmpfsOptions?.Options ?? []) {
    if (option.length < 1 || option.length > 2) throw bad("invalid option array length");
    if (option[0] !== "exec" && option[0] !== "noexec") throw bad(`invalid option: ${option[0] ?? ""}`);
  }
  return tmpfsOptionsOf(spec.TmpfsOptions ?? {});
}
