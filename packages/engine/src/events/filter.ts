import { fail } from "@berth/base";
import type { EventMessage, Filters } from "@berth/spec";
import { matchesLabels } from "../containers/list/label-match.ts";

const known: ReadonlySet<string> = new Set([
  "config",
  "container",
  "daemon",
  "event",
  "image",
  "label",
  "network",
  "node",
  "plugin",
  "scope",
  "secret",
  "service",
  "type",
  "volume",
]);

/** A test for events by Docker's filters: keys all have to match, one value of each is enough. Throws invalid for an unknown key. */
export function eventFilter(filters: Filters): (message: EventMessage) => boolean {
  for (const key of Object.keys(filters)) if (!known.has(key)) throw fail("invalid", `invalid filter '${key}'`);
  const values = (key: string): readonly string[] => filters[key] ?? [];
  const exact = (key: string, value: string): boolean => values(key).length === 0 || values(key).includes(value);
  const named = (key: string, message: EventMessage): boolean => {
    const list = values(key);
    if (list.length === 0) return true;
    const name = message.Actor.Attributes["name"] ?? "";
    return message.Type === key && list.some((value) => message.Actor.ID.startsWith(value) || name.startsWith(value));
  };
  return (message) =>
    matchesAction(values("event"), message.Action) &&
    exact("type", message.Type) &&
    exact("scope", message.scope) &&
    named("container", message) &&
    named("daemon", message) &&
    named("volume", message) &&
    named("network", message) &&
    named("plugin", message) &&
    ["config", "node", "secret", "service"].every((key) => values(key).length === 0) &&
    matchesImage(values("image"), message) &&
    matchesLabels(values("label"), message.Actor.Attributes);
}

function matchesAction(wanted: readonly string[], action: string): boolean {
  if (wanted.length === 0) return true;
  // `exec_create: ls -l` is found by `exec_create`, `health_status: healthy` by `health_status`.
  const colon = action.indexOf(": ");
  return wanted.some((value) => value === action || (colon >= 0 && value === action.slice(0, colon)));
}

function matchesImage(wanted: readonly string[], message: EventMessage): boolean {
  if (wanted.length === 0) return true;
  const name = message.Actor.Attributes[message.Type === "image" ? "name" : "image"] ?? "";
  const bare = name.replace(/:[^:/]+$/, "");
  return wanted.some((value) => value === message.Actor.ID || value === name || value === bare);
}
