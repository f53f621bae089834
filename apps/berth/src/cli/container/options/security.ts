import { readFileSync } from "node:fs";
import { messageOf } from "@berth/base";

/** `--security-opt` as the engine takes it. */
export interface SecurityOptions {
  readonly options: readonly string[];
  /** `systempaths=unconfined` was asked for: nothing is masked or read-only. */
  readonly openPaths: boolean;
}

/**
 * Reads security options. A seccomp profile is sent by content: the engine may run on another machine.
 * @throws with docker's words
 */
export function parseSecurity(values: readonly string[]): SecurityOptions {
  const options = values.map((value) => {
    const [key = "", content] = splitOption(value);
    if (key !== "no-new-privileges" && !content) throw new Error(`invalid --security-opt: ${JSON.stringify(value)}`);
    if (key !== "seccomp" || content === undefined || content === "builtin" || content === "unconfined") return value;
    return `seccomp=${readProfile(content)}`;
  });
  const kept = options.filter((option) => option !== "systempaths=unconfined");
  return { options: kept, openPaths: kept.length < options.length };
}

/**
 * Capabilities in the form the engine keeps them in: `CAP_NET_ADMIN`, each once, sorted; `ALL` stays.
 * @returns null when there are none
 */
export function parseCapabilities(values: readonly string[]): string[] | null {
  if (values.length === 0) return null;
  const names = values.map((value) => {
    const name = value.toUpperCase();
    return name === "ALL" || name.startsWith("CAP_") ? name : `CAP_${name}`;
  });
  return [...new Set(names)].sort();
}

function splitOption(value: string): [string, string?] {
  const separator = value.includes("=") ? "=" : ":";
  const at = value.indexOf(separator);
  return at === -1 ? [value] : [value.slice(0, at), value.slice(at + 1)];
}

function readProfile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const words = missing ? `open ${path}: no such file or directory` : messageOf(error);
    throw new Error(`opening seccomp profile (${path}) failed: ${words}`, { cause: error });
  }
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    throw new Error(`compacting json for seccomp profile (${path}) failed: ${messageOf(error)}`, { cause: error });
  }
}
