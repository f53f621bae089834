import { existsSync, readFileSync } from "node:fs";
import { fail } from "@berth/base";

/** Id of a group by name or number, from /etc/group; null when there is no such group (a small system may have no such file at all). */
export function findGroup(name: string, file = "/etc/group"): number | null {
  if (/^\d{1,9}$/.test(name)) return Number(name);
  if (!existsSync(file)) return null;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [entry, , id] = line.split(":");
    if (entry === name && id !== undefined && /^\d+$/.test(id)) return Number(id);
  }
  return null;
}

/**
 * The group of unix sockets.
 * @param options.asked whether somebody named the group; only then its absence is an error
 */
export function socketGroup(options: { readonly name: string; readonly asked: boolean }): number | null {
  if (options.name === "") return null;
  const id = findGroup(options.name);
  if (id === null && options.asked)
    throw fail("invalid", `could not find the group ${options.name} for the unix socket: make it with groupadd, or leave --group out`);
  return id;
}
