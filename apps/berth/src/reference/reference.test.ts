import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { readOutputs, referenceFolder } from "./outputs.ts";
import { commandPage, prose } from "./page.ts";
import { referencePages } from "./pages.ts";
import type { Subject } from "./subject.ts";

test("docs/cli is what `bun apps/berth/src/reference/generate.ts` makes of today's commands", async () => {
  const pages = await referencePages(readOutputs());
  const there = new Map(
    readdirSync(referenceFolder)
      .filter((file) => file.endsWith(".md"))
      .map((file) => [file, readFileSync(`${referenceFolder}/${file}`, "utf8")]),
  );
  const stale = [...new Set([...pages.keys(), ...there.keys()])].filter((file) => pages.get(file) !== there.get(file));
  expect(stale, "run `bun apps/berth/src/reference/generate.ts` and commit docs/cli").toEqual([]);
});

test("every link of the pages leads to a page", async () => {
  const pages = await referencePages({});
  for (const [file, text] of pages) {
    for (const [, target = ""] of text.matchAll(/\]\(([^)]+)\)/g)) expect([file, target, pages.has(target)]).toEqual([file, target, true]);
  }
});

const subject: Subject = {
  name: "a b",
  summary: "Do it",
  usage: "[OPTIONS] X|Y",
  aliases: ["ab"],
  about: "Not 'berth c'.",
  flags: [{ title: "", lines: [{ names: ["-a", "--all"], value: "int", fallback: "1", help: "x|y" }] }],
  examples: [
    { line: "berth a b", does: "First" },
    { line: "berth a b", does: "Second", code: 1 },
  ],
  exitCodes: [["0", "it worked"]],
  seeAlso: ["c d"],
};

test("a page shows the outputs of its examples in their order", () => {
  const page = commandPage(subject, [
    { line: "berth a b", output: "one\n" },
    { line: "berth gone", output: "gone\n" },
    { line: "berth a b", output: "two\n" },
  ]);
  expect(page).toContain("First:\n\n```console\n$ berth a b\none\n```\n\nSecond (ends with 1):\n\n```console\n$ berth a b\ntwo\n```\n");
  expect(page).not.toContain("gone");
  expect(page).toContain("| `-a`, `--all` | int | `1` | x\\|y |");
  expect(page).toContain("[berth c d](c-d.md)");
});

test("an output of another line is not shown", () => {
  expect(commandPage(subject, [{ line: "berth x", output: "one\n" }])).toContain("First:\n\n```console\n$ berth a b\n```\n");
});

test("quoted lines become code, other words stay as they are", () => {
  expect(prose("'berth ps' shows the container's name, e.g. 'c 189:* rmw' or NAME_<x>")).toBe(
    "`berth ps` shows the container's name, e.g. `c 189:* rmw` or NAME\\_&lt;x>",
  );
});
