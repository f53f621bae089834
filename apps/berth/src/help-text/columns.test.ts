import { expect, test } from "bun:test";
import { leftWidth, twoColumns, wrap } from "./columns.ts";

test("the second column is wrapped below itself", () => {
  expect(twoColumns([["  -a", "one two three four five six seven"]], 30)).toBe("  -a  one two three four five\n      six seven");
});

test("a first column that is too long has a line of its own and widens nothing", () => {
  const long = `  --${"x".repeat(40)}`;
  expect(
    leftWidth([
      ["  -a", ""],
      [long, ""],
    ]),
  ).toBe(4);
  const lines = twoColumns(
    [
      ["  -a", "short"],
      [long, "text"],
    ],
    80,
  ).split("\n");
  expect(lines).toEqual(["  -a  short", long, "      text"]);
});

test("a very wide terminal does not make very long lines", () => {
  const text = twoColumns([["  -a", "word ".repeat(60).trim()]], 400);
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});

test("a word longer than the width is not cut", () => {
  expect(wrap("a /a/very/long/path b", 6)).toEqual(["a", "/a/very/long/path", "b"]);
});
