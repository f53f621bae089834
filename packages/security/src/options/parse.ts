import { fail } from "@berth/base";
import { parseSeccompProfile } from "../seccomp/parse.ts";
import type { SeccompProfile } from "../seccomp/profile.ts";

/** `--security-opt` values of a container, read. null is: not said. */
export interface SecurityOptions {
  readonly seccomp: "default" | "unconfined" | SeccompProfile | null;
  readonly noNewPrivileges: boolean | null;
  readonly apparmor: string | null;
  /** SELinux label options (`disable`, `type:…`); kept for inspect, without effect on a host without SELinux. */
  readonly labels: readonly string[];
  readonly writableCgroups: boolean | null;
  /** `systempaths=unconfined`: nothing masked, nothing read-only. */
  readonly systemPathsUnconfined: boolean;
}

/** What Go's strconv.ParseBool takes. */
const booleans: Readonly<Record<string, boolean>> = {
  "1": true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  "0": false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
};

/**
 * Reads `--security-opt` values as dockerd does: `key=value`, or `key:value` as long ago. The value of `seccomp` is
 * `unconfined`, `builtin` or the profile's text (the client has read the file).
 * @throws invalid with Docker's words: `invalid --security-opt 1: "foo"` without a value, `2` for an unknown key or value
 */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  const labels: string[] = [];
  const read: { -readonly [K in keyof SecurityOptions]: SecurityOptions[K] } = {
    seccomp: null,
    noNewPrivileges: null,
    apparmor: null,
    labels,
    writableCgroups: null,
    systemPathsUnconfined: false,
  };
  for (const option of options) {
    if (option === "no-new-privileges") read.noNewPrivileges = true;
    else if (option === "writable-cgroups") read.writableCgroups = true;
    else if (option === "disable") labels.push("disable");
    else {
      const [key, value] = split(option);
      switch (key) {
        case "label":
          labels.push(value);
          break;
        case "apparmor":
          read.apparmor = value;
          break;
        case "seccomp":
          read.seccomp = seccomp(value);
          break;
        case "no-new-privileges":
          read.noNewPrivileges = boolean(option, value);
          break;
        case "writable-cgroups":
          read.writableCgroups = boolean(option, value);
          break;
        case "systempaths":
          if (value !== "unconfined") throw unknown(option);
          read.systemPathsUnconfined = true;
          break;
        default:
          throw unknown(option);
      }
    }
  }
  return read;
}

function split(option: string): [string, string] {
  const separator = option.includes("=") ? "=" : ":";
  const at = option.indexOf(separator);
  if (at < 0) throw fail("invalid", `invalid --security-opt 1: ${JSON.stringify(option)}`);
  return [option.slice(0, at), option.slice(at + 1)];
}

function seccomp(value: string): "default" | "unconfined" | SeccompProfile {
  if (value === "unconfined") return "unconfined";
  if (value === "builtin" || value === "") return "default";
  return parseSeccompProfile(value);
}

function boolean(option: string, value: string): boolean {
  const parsed = booleans[value];
  if (parsed === undefined) throw unknown(option);
  return parsed;
}

function unknown(option: string): Error {
  return fail("invalid", `invalid --security-opt 2: ${JSON.stringify(option)}`);
}
