import type { ReceivedEvent } from "@berth/client";
import { shortId } from "@berth/base";
import { printable } from "../../format/text.ts";

/** How an event is to be taken: as good news, bad news, or neither. */
export type Mood = "good" | "bad" | "plain";

/** An event as a sentence. */
export interface Told {
  /** What it is about: a container's name. */
  readonly who: string;
  readonly what: string;
  readonly mood: Mood;
}

const signals: Readonly<Record<string, string>> = {
  "1": "HUP",
  "2": "INT",
  "3": "QUIT",
  "6": "ABRT",
  "9": "KILL",
  "10": "USR1",
  "12": "USR2",
  "15": "TERM",
};

/** Steps of a command that says enough by its start: its making, and its end when it went well. */
function isDetail({ Action, Actor }: ReceivedEvent): boolean {
  return Action.startsWith("exec_create") || (Action === "exec_die" && Actor.Attributes?.["exitCode"] === "0");
}

/** Says what happened, in words; null for what need not be said. What it does not know it says as the engine does. */
export function tell(event: ReceivedEvent): Told | null {
  if (event.Type === "container" && isDetail(event)) return null;
  const attributes = event.Actor.Attributes ?? {};
  const attribute = (key: string): string => printable(attributes[key] ?? "");
  const name = attribute("name") || nameless(event);
  switch (event.Type) {
    case "container":
      return { who: name, ...tellContainer(event.Action, attribute) };
    case "image":
      return { who: `image ${name}`, ...plain(imageWords[event.Action] ?? `: ${event.Action}`) };
    case "network": {
      const [container, member] = [attribute("container"), networkMember[event.Action]];
      if (member !== undefined) return { who: `network ${name}`, ...plain(`${member} container ${shortId(container)}`) };
      return { who: `network ${name}`, ...plain(objectWords[event.Action] ?? `: ${printable(event.Action)}`) };
    }
    case "volume": {
      const container = attribute("container");
      const member = volumeMember[event.Action];
      const who = `volume ${printable(shortened(event.Actor.ID))}`;
      if (member !== undefined) return { who, ...plain(`${member} container ${shortId(container)}`) };
      return { who, ...plain(objectWords[event.Action] ?? `: ${printable(event.Action)}`) };
    }
    default:
      return { who: `${printable(event.Type)} ${name}`, ...plain(objectWords[event.Action] ?? `: ${printable(event.Action)}`) };
  }
}

const plain = (what: string): Omit<Told, "who"> => ({ what, mood: "plain" });

const imageWords: Readonly<Record<string, string>> = {
  delete: "was deleted",
  import: "was imported",
  load: "was loaded",
  pull: "was pulled",
  push: "was pushed",
  save: "was saved to an archive",
  tag: "got one more name",
  untag: "lost a name",
};
const objectWords: Readonly<Record<string, string>> = {
  create: "was created",
  destroy: "was removed",
  remove: "was removed",
  reload: "took over new settings",
  prune: "was cleaned up",
};
const networkMember: Readonly<Record<string, string>> = { connect: "was joined by", disconnect: "was left by" };
const volumeMember: Readonly<Record<string, string>> = { mount: "is used by", unmount: "is no longer used by" };

const containerWords: Readonly<Record<string, string>> = {
  start: "started",
  stop: "was stopped",
  restart: "was restarted",
  destroy: "was removed",
  pause: "is paused",
  unpause: "goes on",
  update: "got other settings",
  attach: "got a client attached",
  detach: "was left by a client, and runs on",
  exec_detach: "was left by a client, and its command runs on",
  resize: "got another terminal size",
  top: "had its processes listed",
  export: "had its files exported",
  "archive-path": "had files copied out of it",
  "extract-to-dir": "had files copied into it",
};

function tellContainer(action: string, attribute: (key: string) => string): Omit<Told, "who"> {
  const at = action.indexOf(": ");
  const [verb, detail] = at < 0 ? [action, ""] : [action.slice(0, at), printable(action.slice(at + 2)).trim()];
  switch (verb) {
    case "create":
      return plain(`was created from ${attribute("image") || "an image"}`);
    case "start":
      return { what: "started", mood: "good" };
    case "die":
      return died(attribute("exitCode"));
    case "kill": {
      const signal = attribute("signal");
      return plain(`was sent ${Object.hasOwn(signals, signal) ? `SIG${signals[signal] ?? ""}` : `signal ${signal}`}`);
    }
    case "oom":
      return { what: "ran out of memory", mood: "bad" };
    case "rename":
      return plain(`was called ${attribute("oldName").replace(/^\//, "")} before`);
    case "commit":
      return plain(`was made an image${attribute("imageRef") === "" ? "" : `, ${attribute("imageRef")}`}`);
    case "health_status":
      return detail === "healthy" || detail === "unhealthy"
        ? { what: `is ${detail}`, mood: detail === "healthy" ? "good" : "bad" }
        : plain(`has health ${detail}`);
    case "exec_start":
      return plain(`runs: ${detail}`);
    case "exec_die":
      return plain(`had a command end with ${attribute("exitCode")}`);
    default:
      return plain(containerWords[verb] ?? `: ${printable(action)}`);
  }
}

function died(exitCode: string): Omit<Told, "who"> {
  const code = Number(exitCode);
  if (code === 0) return plain("ended");
  const signal = code > 128 ? signals[String(code - 128)] : undefined;
  return { what: `ended with ${exitCode}${signal === undefined ? "" : ` (SIG${signal})`}`, mood: "bad" };
}

function nameless(event: ReceivedEvent): string {
  return printable(shortened(event.Actor.ID));
}

function shortened(id: string): string {
  return /^(sha256:)?[0-9a-f]{64}$/.test(id) ? shortId(id) : id;
}
