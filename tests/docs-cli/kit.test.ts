import { describe, expect, test } from "bun:test";
import { findExamples } from "./examples.ts";
import { isSameOutput, plainText } from "./same-output.ts";

test("examples are found in sh and console blocks, with exit codes and outputs", () => {
  const text = [
    "Words with `$ no` example.",
    "",
    "```",
    "$ neither",
    "```",
    "",
    "It fails (ends with 3):",
    "",
    "```console",
    "$ one",
    "first",
    "…",
    "$ two",
    "```",
    "",
    "```sh",
    "three --flag   # why",
    "# a word",
    "",
    "four",
    "```",
  ].join("\n");
  expect(findExamples(text)).toEqual([
    { line: "one", at: 10, code: 3, output: "first\n…\n" },
    { line: "two", at: 13, code: 3, output: "" },
    { line: "three --flag", at: 17, code: 0, output: null },
    { line: "four", at: 20, code: 0, output: null },
  ]);
});

describe("outputs", () => {
  const id = (letter: string): string => `1${letter.repeat(11)}`;

  test("are the same when only ids, times, sizes and room between columns differ", () => {
    expect(isSameOutput("berth ps", `ID     UP\n${id("a")}   Up 3 seconds  1.2MB\n`, `ID  UP\n${id("b")} Up About a minute 900kB`)).toBe(
      true,
    );
  });

  test("are not the same when a word, a line or a number differs", () => {
    expect(isSameOutput("berth ps", "web\ndb\n", "web\nbd\n")).toBe(false);
    expect(isSameOutput("berth ps", "web\ndb\n", "web\n")).toBe(false);
    expect(isSameOutput("berth wait", "3\n", "0\n")).toBe(false);
    expect(isSameOutput("berth ps", "db\nweb\n", "web\ndb\n")).toBe(false);
    expect(isSameOutput("berth ps", "", "berth: refused\n")).toBe(false);
  });

  test("may be cut, and only where the document says so", () => {
    expect(isSameOutput("berth info", "a(\n…\n", "a(\nb\nc\n")).toBe(true);
    expect(isSameOutput("berth info", "a\n…\nc\n", "a\nb\nd\n")).toBe(false);
    expect(isSameOutput("berth info", "a\n", "a\nb\n")).toBe(false);
  });

  test("may come in any order where the example says that it does", () => {
    expect(isSameOutput("berth ps --sort cpu", "db\nweb\n", "web\ndb\n")).toBe(true);
    expect(isSameOutput("berth ps --sort cpu", "db\nweb\n", "web\nbd\n")).toBe(false);
  });

  test("are what is left on the screen", () => {
    expect(plainText("\x1b[2J\x1b[Hold\n\x1b[Hnew\n")).toBe("new\n");
    expect(plainText("\x1b[31mone\x1b[0m\r\n\r/ # \x1b[J\r/ # ls\r\n")).toBe("one\n/ # ls\n");
  });
});
