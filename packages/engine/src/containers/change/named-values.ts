import { fail } from "@berth/base";
import type { ContainerChangeRequest, ContainerChangeLine } from "@berth/spec";

/**
 * Environment with what a request removes and adds; a variable that is there keeps its place. Throws invalid for one that
 * is to be removed and is not there.
 */
export function changeEnv(env: readonly string[], request: ContainerChangeRequest, lines: ContainerChangeLine[]): string[] {
  let now = [...env];
  for (const name of request.EnvRemove ?? []) {
    if (!now.some((entry) => nameOf(entry) === name)) throw fail("invalid", `environment variable ${JSON.stringify(name)} is not set`);
    now = now.filter((entry) => nameOf(entry) !== name);
    lines.push({ Kind: "env", Action: "remove", Value: name });
  }
  for (const entry of request.EnvAdd ?? []) {
    if (now.includes(entry)) continue;
    const at = now.findIndex((each) => nameOf(each) === nameOf(entry));
    lines.push({ Kind: "env", Action: at < 0 ? "add" : "set", Value: entry });
    if (at < 0) now.push(entry);
    else now[at] = entry;
  }
  return now;
}

/** The same for labels. */
export function changeLabels(
  labels: Readonly<Record<string, string>>,
  request: ContainerChangeRequest,
  lines: ContainerChangeLine[],
): Record<string, string> {
  const now = { ...labels };
  for (const name of request.LabelsRemove ?? []) {
    if (!Object.hasOwn(now, name)) throw fail("invalid", `label ${JSON.stringify(name)} is not set`);
    delete now[name];
    lines.push({ Kind: "label", Action: "remove", Value: name });
  }
  for (const [name, value] of Object.entries(request.LabelsAdd ?? {})) {
    if (name === "") throw fail("invalid", "a label has no name");
    if (now[name] === value) continue;
    lines.push({ Kind: "label", Action: Object.hasOwn(now, name) ? "set" : "add", Value: `${name}=${value}` });
    now[name] = value;
  }
  return now;
}

function nameOf(entry: string): string {
  const at = entry.indexOf("=");
  return at < 0 ? entry : entry.slice(0, at);
}
