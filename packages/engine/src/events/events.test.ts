import { expect, test } from "bun:test";
import { silentLogger, systemClock } from "@berth/base";
import type { EventMessage, Filters } from "@berth/spec";
import { EventBus } from "./bus.ts";
import { eventFilter } from "./filter.ts";
import { subscribeEvents } from "./subscribe.ts";

const clock = systemClock();

function happen(bus: EventBus, action: string, more: Record<string, string> = {}): void {
  bus.emit({ type: "container", action, id: "abc", attributes: { image: "busybox:1", name: "web", ...more } });
}

async function take(bus: EventBus, options: { since?: bigint; until?: bigint; filters?: Filters; count: number }): Promise<string[]> {
  const stop = new AbortController();
  const seen: string[] = [];
  const request = { sinceNs: options.since ?? null, untilNs: options.until ?? null, filters: options.filters ?? {}, signal: stop.signal };
  for await (const message of subscribeEvents(bus, clock, request)) {
    seen.push(message.Action);
    if (seen.length >= options.count) stop.abort();
  }
  return seen;
}

test("the ring keeps 256, until in the past ends at once", async () => {
  const bus = new EventBus({ clock, log: silentLogger() });
  for (let count = 0; count < 300; count++) happen(bus, `a${count}`);
  const past = await take(bus, { since: 0n, until: clock.nowNs(), count: 1000 });
  expect(past.length).toBe(256);
  expect(past[0]).toBe("a44");
});

test("coming events reach a listener after past ones, a slow one loses the newest", async () => {
  const bus = new EventBus({ clock, log: silentLogger() });
  happen(bus, "past");
  const taking = take(bus, { since: 0n, count: 2 });
  await Bun.sleep(1);
  happen(bus, "coming");
  expect(await taking).toEqual(["past", "coming"]);
  const slow = bus.listen(new AbortController().signal);
  for (let count = 0; count < 2000; count++) happen(bus, `b${count}`);
  for (let count = 0; count < 1024; count++) expect((await slow.next())?.Action).toBe(`b${count}`);
  slow.close();
  expect(bus.listeners).toBe(0);
});

test("filters", () => {
  const message = (type: EventMessage["Type"], action: string, attributes: Record<string, string>): EventMessage => ({
    Type: type,
    Action: action,
    Actor: { ID: "abcdef", Attributes: attributes },
    scope: "local",
    time: 1,
    timeNano: 1n,
  });
  const exec = message("container", "exec_create: ls ", { name: "web", image: "busybox:1", app: "x" });
  const matches = (filters: Filters, one = exec): boolean => eventFilter(filters)(one);
  expect(matches({ event: ["exec_create"] })).toBe(true);
  expect(matches({ event: ["exec"] })).toBe(false);
  expect(matches({ container: ["web"], type: ["container"] })).toBe(true);
  expect(matches({ container: ["abc"] })).toBe(true);
  expect(matches({ container: ["other"] })).toBe(false);
  expect(matches({ image: ["busybox"] })).toBe(true);
  expect(matches({ label: ["app=x"] })).toBe(true);
  expect(matches({ label: ["app=y"] })).toBe(false);
  expect(matches({ scope: ["swarm"] })).toBe(false);
  // As in Docker the kind of object does not count.
  expect(matches({ network: ["web"] })).toBe(true);
  expect(matches({ node: ["other"] })).toBe(false);
  expect(matches({ event: ["exec_create", "st"] }, message("container", "start", {}))).toBe(true);
  expect(matches({ event: ["st"] }, message("container", "start", {}))).toBe(false);
  expect(matches({ volume: ["abc"] }, message("volume", "create", {}))).toBe(true);
  expect(matches({ nope: ["1"] })).toBe(true);
  expect(matches({ constructor: ["1"] })).toBe(true);
});
