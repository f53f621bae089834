import { fail } from "@berth/base";
import { DurationError, parseDuration } from "@berth/spec";
import type { HealthAction } from "../health/state.ts";
import { namePattern } from "./names.ts";

/** Annotations of a container that mean something to Berth; other engines and clients carry them along unread. */
export const extensionKeys = {
  healthOnFailure: "berth.health-on-failure",
  restartDelay: "berth.restart-delay",
  restartMaxDelay: "berth.restart-max-delay",
  restartReset: "berth.restart-reset",
  requires: "berth.requires",
} as const;

/** The waits between restarts, in milliseconds. */
export interface Backoff {
  /** The first; each further one is twice as long. */
  readonly delayMs: number;
  /** The longest. */
  readonly maxDelayMs: number;
  /** A container that ran so long begins with the first again. */
  readonly resetMs: number;
}

/** Another container that has to run first. */
export interface Requirement {
  /** Name, or id. */
  readonly container: string;
  readonly condition: "started" | "healthy";
}

/** What the annotations of one container ask for; null where they say nothing. */
export interface Extensions {
  readonly healthOnFailure: HealthAction | null;
  readonly delayMs: number | null;
  readonly maxDelayMs: number | null;
  readonly resetMs: number | null;
  readonly requires: readonly Requirement[];
}

const nsPerMs = 1e6;
const dayMs = 86_400_000;
const mostRequirements = 64;

/** Reads the annotations. Throws invalid, with the key and what it may be. */
export function readExtensions(annotations: Readonly<Record<string, string>> | undefined): Extensions {
  const text = (key: keyof typeof extensionKeys): string => annotations?.[extensionKeys[key]] ?? "";
  const delayMs = duration(extensionKeys.restartDelay, text("restartDelay"));
  const maxDelayMs = duration(extensionKeys.restartMaxDelay, text("restartMaxDelay"));
  if (delayMs !== null && maxDelayMs !== null && delayMs > maxDelayMs) {
    throw fail(
      "invalid",
      `${extensionKeys.restartDelay} (${text("restartDelay")}) is longer than ${extensionKeys.restartMaxDelay} (${text("restartMaxDelay")})`,
    );
  }
  return {
    healthOnFailure: healthAction(text("healthOnFailure")),
    delayMs,
    maxDelayMs,
    resetMs: duration(extensionKeys.restartReset, text("restartReset")),
    requires: requirements(text("requires")),
  };
}

/** The back-off of a container: what it says itself over what the daemon says. */
export function backoffOf(annotations: Readonly<Record<string, string>> | undefined, defaults: Backoff): Backoff {
  const own = readExtensions(annotations);
  const delayMs = own.delayMs ?? defaults.delayMs;
  const maxDelayMs = own.maxDelayMs ?? defaults.maxDelayMs;
  // Only one of the two may be the container's own.
  return own.delayMs === null
    ? { delayMs: Math.min(delayMs, maxDelayMs), maxDelayMs, resetMs: own.resetMs ?? defaults.resetMs }
    : { delayMs, maxDelayMs: Math.max(delayMs, maxDelayMs), resetMs: own.resetMs ?? defaults.resetMs };
}

function healthAction(text: string): HealthAction | null {
  switch (text) {
    case "":
    case "none":
      return null;
    case "restart":
    case "stop":
    case "kill":
      return text;
    default:
      throw fail("invalid", `invalid ${extensionKeys.healthOnFailure}: ${JSON.stringify(text)}; it is one of none, restart, stop, kill`);
  }
}

function duration(key: string, text: string): number | null {
  if (text === "") return null;
  let ms: number;
  try {
    ms = parseDuration(text) / nsPerMs;
  } catch (error) {
    if (error instanceof DurationError) throw fail("invalid", `invalid ${key}: ${error.message}`);
    throw error;
  }
  if (ms < 1 || ms > dayMs) throw fail("invalid", `invalid ${key}: ${text} is not between 1ms and 24h`);
  return ms;
}

function requirements(text: string): Requirement[] {
  if (text === "") return [];
  const parts = text.split(",");
  if (parts.length > mostRequirements) throw fail("invalid", `invalid ${extensionKeys.requires}: more than ${mostRequirements} containers`);
  return parts.map((part) => {
    const [container = "", condition = "started", ...more] = part.trim().split(":");
    if (!namePattern.test(container) || more.length > 0 || (condition !== "started" && condition !== "healthy")) {
      throw fail(
        "invalid",
        `invalid ${extensionKeys.requires}: ${JSON.stringify(part)} is not of the form NAME, NAME:started or NAME:healthy`,
      );
    }
    return { container, condition };
  });
}
