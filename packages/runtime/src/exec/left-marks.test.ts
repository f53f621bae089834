import { expect, test } from "bun:test";
import { LeftMarks } from "./left-marks.ts";

/** A mark that counts how often somebody tried to remove it. */
function mark(): { busy: boolean; tries: number; close: () => boolean } {
  const made = {
    busy: true,
    tries: 0,
    close: () => {
      made.tries++;
      return !made.busy;
    },
  };
  return made;
}

test("ten thousand execs that left something behind cost a later one no more than ten did", () => {
  const marks = new LeftMarks();
  const all = Array.from({ length: 10_000 }, mark);
  for (const each of all) marks.left("c", each);
  expect(marks.count("c")).toBe(10_000);
  const tries = (): number => all.reduce((sum, each) => sum + each.tries, 0);
  expect(tries()).toBeLessThan(10_000 * 10);
  const before = tries();
  const next = mark();
  next.busy = false;
  marks.left("c", next);
  expect([tries() - before <= 10, next.tries, marks.count("c")]).toEqual([true, 1, 10_000]);
});

test("what is free goes within some more ends, none is forgotten", () => {
  const marks = new LeftMarks();
  const all = Array.from({ length: 100 }, mark);
  for (const each of all) marks.left("c", each);
  for (const [number, each] of all.entries()) each.busy = number % 2 === 0;
  const free = mark();
  free.busy = false;
  for (let end = 0; end < 20; end++) marks.left("c", free);
  expect(marks.count("c")).toBe(50);
  for (const each of all) each.busy = false;
  for (let end = 0; end < 10; end++) marks.left("c", free);
  expect(marks.count("c")).toBe(0);
  marks.left("c", mark());
  marks.left("other", mark());
  marks.forget("c");
  expect([marks.count("c"), marks.count("other")]).toEqual([0, 1]);
});
