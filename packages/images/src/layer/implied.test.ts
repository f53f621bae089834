import { expect, test } from "bun:test";
import { makeDockerArchive, makeTar, type TestEntry } from "../testing/archives.ts";
import { load, openTestStore } from "../testing/open-test-store.ts";

test("a layer with very many directories that have no entry does not keep the daemon from answering", async () => {
  await using t = await openTestStore();
  const below = makeTar([{ name: "a", type: "file", content: "a" }]);
  const links = Array.from({ length: 5000 }, (_, each): TestEntry => ({ name: `d${each}/f`, type: "link", linkName: "f" }));
  const archive = makeDockerArchive([{ layers: [below, makeTar([{ name: "f", type: "file" }, ...links])] }]);
  let worstMs = 0;
  let last = performance.now();
  const clock = setInterval(() => {
    const now = performance.now();
    worstMs = Math.max(worstMs, now - last);
    last = now;
  }, 5);
  expect(await load(t.store, archive)).toContain("Loaded image");
  clearInterval(clock);
  expect(worstMs).toBeLessThan(250);
}, 60_000);
