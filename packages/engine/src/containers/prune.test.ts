import { expect, test } from "bun:test";
import { openTestEngine } from "../testing/index.ts";

const signal = new AbortController().signal;

test("what runs stays, what fits goes, and is told with its size", async () => {
  await using world = await openTestEngine();
  const { containers } = world.engine;
  const create = async (name: string, labels: Record<string, string> = {}): Promise<string> =>
    (await containers.create({ name, platform: null, request: { Image: "busybox", Cmd: ["true"], Labels: labels }, apiVersion: "1.51" }))
      .id;
  const running = await create("running");
  await containers.start(running);
  const [kept, gone, young] = [await create("kept", { keep: "" }), await create("gone", { a: "b" }), await create("young")];
  const long = { untilNs: 1n, signal };
  expect(await containers.prune({ filters: {}, ...long })).toEqual({ removed: [], reclaimedBytes: 0 });
  expect(await containers.prune({ filters: { label: ["a=c"] }, untilNs: null, signal })).toEqual({ removed: [], reclaimedBytes: 0 });
  expect((await containers.prune({ filters: { label: ["a"], "label!": ["keep"] }, untilNs: null, signal })).removed).toEqual([gone]);
  const both = await Promise.allSettled([1, 2].map(() => containers.prune({ filters: { "label!": ["keep"] }, untilNs: null, signal })));
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const left = (await containers.list({ all: true, limit: 0, size: false, filters: {} })).map(({ Id }) => Id);
  expect(left.toSorted()).toEqual([kept, running].toSorted());
  expect(left).not.toContain(young);
  expect(world.messages.filter(({ Action }) => Action === "prune").at(-1)).toMatchObject({
    Actor: { ID: "", Attributes: { reclaimed: "0" } },
  });
});
