import { type EventMessage, isAtLeast } from "@berth/spec";

/** Whether `version` is told of an event: images have `create` events since 1.46. */
export function knowsEvent(event: EventMessage, version: string): boolean {
  return event.Type !== "image" || event.Action !== "create" || isAtLeast(version, "1.46");
}
