import { kindOf } from "@berth/base";
import type { Connection } from "@berth/client";
import { inspectContainer, watchEvents } from "@berth/client";
import type { ContainerInspect } from "@berth/spec";
import { Doorbell } from "../../doorbell.ts";

/** What `wait --until` can wait for. */
export const states = ["running", "healthy", "unhealthy", "paused", "stopped", "removed"] as const;
export type AwaitedState = (typeof states)[number];

/** Events wake it; it looks by itself as often, should one be missed. */
const lookMs = 1000;

/** A container that will not get there. */
export class NeverReached extends Error {}

/**
 * Waits until a container is in a state; gives what to print: its exit code where it has ended, else its name.
 * @throws {NeverReached} when it cannot come to that any more: it has no health check, was removed, or ended meanwhile
 */
export async function waitUntil(engine: Connection, name: string, wanted: AwaitedState, signal: AbortSignal): Promise<string> {
  const news = new Doorbell();
  const stop = new AbortController();
  let watching = false;
  let ranBefore = false;
  try {
    for (let id = name; ; ) {
      const container = await look(engine, id, wanted === "removed" || id !== name);
      if (container === null) {
        if (wanted === "removed") return name;
        throw new NeverReached(`container ${name} was removed before it was ${wanted}`);
      }
      if (isReached(container, wanted)) return wanted === "stopped" ? String(container.State.ExitCode) : name;
      const { Running: runs, Restarting: comesBack } = container.State;
      refuseHopeless({ name, container, wanted, ranBefore });
      ranBefore ||= runs && !comesBack;
      // A name may change hands; what was found first is what is waited for.
      id = container.Id;
      if (!watching) {
        watching = true;
        void follow(engine, id, news, stop.signal);
      }
      await news.next(lookMs, signal);
      signal.throwIfAborted();
    }
  } finally {
    stop.abort();
  }
}

function isReached({ State: state }: ContainerInspect, wanted: AwaitedState): boolean {
  switch (wanted) {
    case "running":
      return state.Running && !state.Paused && !state.Restarting;
    case "paused":
      return state.Paused;
    case "stopped":
      return !state.Running && !state.Restarting;
    case "healthy":
    case "unhealthy":
      return state.Running && state.Health?.Status === wanted;
    case "removed":
      return false;
  }
}

function refuseHopeless(parts: {
  readonly name: string;
  readonly container: ContainerInspect;
  readonly wanted: AwaitedState;
  readonly ranBefore: boolean;
}): void {
  const { name, container, wanted, ranBefore } = parts;
  const { State: state, Config: config } = container;
  const aboutHealth = wanted === "healthy" || wanted === "unhealthy";
  const test = config.Healthcheck?.Test ?? [];
  if (aboutHealth && (test.length === 0 || test[0] === "NONE")) {
    throw new NeverReached(`container ${name} has no health check: it will never be ${wanted}\nGive it one with 'berth run --health-cmd'.`);
  }
  if (ranBefore && !state.Running && !state.Restarting && (aboutHealth || wanted === "paused")) {
    throw new NeverReached(`container ${name} ended with ${state.ExitCode} before it was ${wanted}`);
  }
}

/** null: it is not there, which is an answer only where it may have gone. */
async function look(engine: Connection, id: string, mayBeGone: boolean): Promise<ContainerInspect | null> {
  try {
    return await inspectContainer(engine, id);
  } catch (error) {
    if (mayBeGone && kindOf(error) === "not-found") return null;
    throw error;
  }
}

async function follow(engine: Connection, id: string, news: Doorbell, signal: AbortSignal): Promise<void> {
  try {
    for await (const _event of watchEvents(engine, { filters: { type: ["container"], container: [id] }, signal })) news.ring();
  } catch {
    // The engine went away, or we are done: the next look tells.
  }
}
