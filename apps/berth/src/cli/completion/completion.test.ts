import { describe, expect, test } from "bun:test";
import type { Flag } from "../args/flag.ts";
import { commands } from "../commands.ts";
import { answerText } from "./candidate.ts";
import { readLine } from "./line.ts";
import { kindsAt } from "./slots.ts";

const flags: readonly Flag[] = [
  { name: "all", short: "a", type: "bool", help: "" },
  { name: "name", short: "n", type: "string", help: "", aliases: ["called"] },
];

describe("a line that is not finished", () => {
  test("knows the flag whose value comes next", () => {
    expect(readLine(flags, ["--name"], true).pending?.name).toBe("name");
    expect(readLine(flags, ["--called"], true).pending?.name).toBe("name");
    expect(readLine(flags, ["-an"], true).pending?.name).toBe("name");
    for (const words of [["--name", "x"], ["--name=x"], ["-nx"], ["-a"], ["--"], ["--nope"]])
      expect(readLine(flags, words, true).pending).toBeUndefined();
  });
  test("knows arguments, and where flags end", () => {
    expect(readLine(flags, ["-n", "x", "a", "-a", "b"], true)).toMatchObject({ args: ["a", "b"], flagsAllowed: true, flagWords: 2 });
    expect(readLine(flags, ["-a", "x", "-n"], false)).toMatchObject({ args: ["x", "-n"], flagsAllowed: false, flagWords: 1 });
    expect(readLine(flags, ["--", "-a"], true)).toMatchObject({ args: ["-a"], flagsAllowed: false });
    expect([...readLine(flags, ["-a", "-n", "x"], true).used]).toEqual(["all", "name"]);
  });
});

describe("what a usage wants", () => {
  const cases: readonly (readonly [usage: string, ...kinds: readonly (readonly unknown[])[]])[] = [
    ["[OPTIONS] CONTAINER [CONTAINER...]", ["container"], ["container"], ["container"]],
    ["[OPTIONS] CONTAINER COMMAND [ARG...]", ["container"], [], []],
    ["[OPTIONS] IMAGE [COMMAND] [ARG...]", ["image"], []],
    ["SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]", ["image"], ["image"], []],
    ["CONTEXT [FILE|-]", ["context"], ["file"], []],
    ["bash|zsh|fish", [["bash", "zsh", "fish"]], []],
    ["[OPTIONS] SOURCE|- TARGET|-   (one is CONTAINER:PATH)", ["file", "container-path"], ["file", "container-path"], []],
    ["[OPTIONS] EXEC|CONTAINER [EXEC|CONTAINER...]", ["container"], ["container"]],
    ["", []],
  ];
  for (const [usage, ...kinds] of cases) {
    test(JSON.stringify(usage), () => {
      expect(kinds.map((_kind, index) => kindsAt({ usage }, index))).toEqual(kinds as never);
    });
  }
  test("containers in a state", () => {
    expect(kindsAt({ usage: "CONTAINER", offers: "stopped-container" }, 0)).toEqual(["stopped-container"]);
  });
  test("every command that takes a container, image, network or context says so in words that are known", async () => {
    const silent: string[] = [];
    for (const { names, load } of commands) {
      const { command } = await load();
      if (/CONTAINER|IMAGE|NETWORK|CONTEXT/.test(command.usage) && kindsAt(command, 0).length === 0) silent.push(names[0] ?? "");
    }
    // New names are no names that are there.
    expect(silent).toEqual([]);
  });
});

test("an answer holds words only, each once, that begin with what was typed", () => {
  const candidates = ["web", "web", "worker", "$(x)", "a b", "we;b", "web`x`", "we'b"].map((value) => ({
    value,
    description: "a\tb\n\u001b[31mc",
  }));
  expect(answerText({ candidates, directives: ["nospace"] }, "we")).toBe("web\ta b [31mc\n:nospace\n");
  const many = Array.from({ length: 5000 }, (_value, index) => ({ value: `c${index}` }));
  expect(answerText({ candidates: many, directives: [] }, "c").split("\n")).toHaveLength(1002);
});
