import { fail } from "@berth/base";
import { cleanPath } from "../containers/create/check-config.ts";
import type { MountRecord } from "../containers/record.ts";

const propagations: ReadonlySet<string> = new Set(["private", "rprivate", "slave", "rslave", "shared", "rshared"]);
const volumeName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Parses one `-v` entry (`/src:/dst[:mode]`, `name:/dst[:mode]`, `/dst`) with Docker's words. Throws invalid. */
export function parseBind(raw: string, volumesRoot: string): MountRecord {
  const parts = raw.split(":");
  const [first, second, mode = ""] = parts;
  if (first === undefined || first === "" || parts.length > 3) throw badSpec(raw);
  if (parts.length === 2 && validMode(second ?? "")) throw badSpec(raw);
  if (!validMode(mode)) throw fail("invalid", `invalid mode: ${mode}`);
  const [source, target] = second === undefined ? ["", first] : [first, second];
  const type = source.startsWith("/") ? "bind" : "volume";
  const problem = checkTarget(target);
  if (problem !== null) throw fail("invalid", `${badSpec(raw).message}: invalid mount config for type "${type}": ${problem}`);
  const flags = mode === "" ? [] : mode.split(",");
  const rw = !flags.includes("ro");
  const propagation = flags.find((flag) => propagations.has(flag)) ?? null;
  if (type === "bind") {
    return {
      type,
      name: "",
      source: cleanPath(source),
      destination: cleanPath(target),
      driver: "",
      mode,
      rw,
      propagation: propagation ?? "rprivate",
      copyUp: false,
      anonymous: false,
      createSource: true,
      options: [],
    };
  }
  if (propagation !== null) {
    throw fail("invalid", `${badSpec(raw).message}: invalid mount config for type "volume": field BindOptions must not be specified`);
  }
  if (source !== "") checkVolumeName(source);
  return {
    type,
    name: source,
    source: source === "" ? "" : `${volumesRoot}/${source}/_data`,
    destination: cleanPath(target),
    driver: "local",
    mode: mode === "" ? "z" : mode,
    rw,
    propagation: "",
    copyUp: !flags.includes("nocopy"),
    anonymous: source === "",
    createSource: false,
    options: [],
  };
}

/** What is wrong with a destination, or null. */
export function checkTarget(target: string): string | null {
  if (target === "") return "field Target must not be empty";
  if (cleanPath(target) === "/") return "invalid specification: destination can't be '/'";
  if (!target.startsWith("/")) return `invalid mount path: '${target}' mount path must be absolute`;
  return target.includes("\0") ? "invalid mount path: it contains a NUL character" : null;
}

/** Checks a volume's name by the local driver's rule. Throws invalid. */
export function checkVolumeName(name: string): void {
  if (name.length === 1) {
    throw fail("invalid", `create ${name}: volume name is too short, names should be at least two alphanumeric characters`);
  }
  if (!volumeName.test(name)) {
    throw fail(
      "invalid",
      `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  }
}

/** Whether a propagation mode exists. */
export function isPropagation(mode: string): boolean {
  return propagations.has(mode);
}

function badSpec(raw: string): Error {
  return fail("invalid", `invalid volume specification: '${raw}'`);
}

function validMode(mode: string): boolean {
  if (mode === "") return true;
  const seen = new Set<string>();
  for (const flag of mode.split(",")) {
    const kind = modeKind(flag);
    if (kind === null || seen.has(kind)) return false;
    seen.add(kind);
  }
  return true;
}

function modeKind(flag: string): string | null {
  if (flag === "ro" || flag === "rw") return "rw";
  if (flag === "z" || flag === "Z") return "label";
  if (propagations.has(flag)) return "propagation";
  if (flag === "nocopy") return "copy";
  return flag === "consistent" || flag === "cached" || flag === "delegated" || flag === "default" ? "consistency" : null;
}
