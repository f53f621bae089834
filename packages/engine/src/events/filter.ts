import { type EventMessage, familiarName, type Filters, parseReference } from "@berth/spec";
import { matchesLabels } from "../containers/list/label-match.ts";

/** Keys whose values are beginnings of an object's id or name. As in Docker they do not look at what kind of object it is. */
const named = ["config", "container", "daemon", "network", "node", "plugin", "secret", "service", "volume"];
/** With one of these, the values of `event` are beginnings: `exec_create` finds `exec_create: ls -l`. */
const withDetails: ReadonlySet<string> = new Set(["exec_create", "exec_start", "health_status"]);

/**
 * A test for events by Docker's filters: keys all have to match, one value of each is enough, except labels, which all have to.
 * Keys that Docker does not know change nothing, as there.
 */
export function eventFilter(filters: Filters): (message: EventMessage) => boolean {
  const values = (key: string): readonly string[] => (Object.hasOwn(filters, key) ? (filters[key] ?? []) : []);
  const exact = (key: string, value: string): boolean => values(key).length === 0 || values(key).includes(value);
  const names = named.map(values).filter((list) => list.length > 0);
  return (message) =>
    matchesAction(values("event"), message.Action) &&
    exact("type", message.Type) &&
    exact("scope", message.scope) &&
    names.every((list) => isNamed(list, message)) &&
    matchesImage(values("image"), message) &&
    matchesLabels(values("label"), message.Actor.Attributes);
}

function matchesAction(wanted: readonly string[], action: string): boolean {
  if (wanted.length === 0) return true;
  const beginnings = wanted.some((value) => withDetails.has(value));
  return wanted.some((value) => value === action || (beginnings && action.startsWith(value)));
}

function isNamed(wanted: readonly string[], { Actor }: EventMessage): boolean {
  const name = Actor.Attributes["name"] ?? "";
  return wanted.some((value) => Actor.ID.startsWith(value) || name.startsWith(value));
}

/** By id or name, with or without tag. */
function matchesImage(wanted: readonly string[], { Type, Actor }: EventMessage): boolean {
  if (wanted.length === 0) return true;
  const name = Actor.Attributes[Type === "image" ? "name" : "image"] ?? "";
  return [Actor.ID, name, withoutTag(Actor.ID), withoutTag(name)].some((value) => wanted.includes(value));
}

function withoutTag(image: string): string {
  try {
    return familiarName(parseReference(image));
  } catch {
    return image;
  }
}
