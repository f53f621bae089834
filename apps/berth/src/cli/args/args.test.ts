import { describe, expect, test } from "bun:test";
import { toFilters } from "./filter.ts";
import type { Flag } from "./flag.ts";
import { UsageError } from "./flag.ts";
import { commandHelp, flagHelp } from "./help.ts";
import { nearest } from "./nearest.ts";
import { parseArgs } from "./parse.ts";

const flags: readonly Flag[] = [
  { name: "all", short: "a", type: "bool", help: "All" },
  { name: "proxy", type: "bool", help: "Proxy", fallback: "true" },
  { name: "name", type: "string", help: "Name" },
  { name: "network", type: "list", help: "Network", aliases: ["net"] },
  { name: "publish", short: "p", type: "list", help: "Ports" },
  { name: "last", short: "n", type: "int", help: "Last", fallback: "-1" },
  { name: "weight", type: "uint", help: "Weight" },
  { name: "memory", short: "m", type: "bytes", help: "Memory" },
  { name: "interval", type: "duration", help: "Interval" },
  { name: "secret", type: "bool", help: "Hidden", hidden: true },
];

function parse(line: string, interspersed = true): ReturnType<typeof parseArgs> {
  return parseArgs(flags, line === "" ? [] : line.split(" "), { interspersed });
}

describe("docker's grammar of flags", () => {
  test("long, with = and with a space", () => {
    expect(parse("--name=a").string("name")).toBe("a");
    expect(parse("--name a").string("name")).toBe("a");
    expect(parse("--name=a=b").string("name")).toBe("a=b");
    expect(parse("--name=").string("name")).toBe("");
    expect(parse("--name=").has("name")).toBe(true);
    expect(parse("--name -x").string("name")).toBe("-x");
  });
  test("short, alone and joined", () => {
    expect(parse("-p 80").list("publish")).toEqual(["80"]);
    expect(parse("-p80").list("publish")).toEqual(["80"]);
    expect(parse("-p=80").list("publish")).toEqual(["80"]);
    const joined = parse("-ap80:80");
    expect([joined.bool("all"), joined.list("publish")]).toEqual([true, ["80:80"]]);
    expect(parse("-n -3").number("last")).toBe(-3);
  });
  test("booleans never take the next word", () => {
    const parsed = parse("-a false");
    expect([parsed.bool("all"), parsed.args]).toEqual([true, ["false"]]);
    expect(parse("--all=false").bool("all")).toBe(false);
    expect(parse("-a=F").bool("all")).toBe(false);
    expect(parse("").bool("proxy")).toBe(true);
    expect(parse("--proxy=0").bool("proxy")).toBe(false);
  });
  test("lists collect, under any of their names; others keep the last", () => {
    expect(parse("--net a --network=b").list("network")).toEqual(["a", "b"]);
    expect(parse("--name a --name b").string("name")).toBe("b");
  });
  test("values by type", () => {
    expect(parse("-m 1k").number("memory")).toBe(1024);
    expect(parse("-m -1").number("memory")).toBe(-1);
    expect(parse("--interval 1m").number("interval")).toBe(60e9);
    expect(parse("--weight 0x10").number("weight")).toBe(16);
    expect(parse("").number("last")).toBe(-1);
    expect(parse("").has("last")).toBe(false);
  });
  test("where flags may stand", () => {
    expect(parse("x -a y").bool("all")).toBe(true);
    const stopped = parse("-a x -p 80 --name y", false);
    expect([stopped.args, stopped.list("publish")]).toEqual([["x", "-p", "80", "--name", "y"], []]);
    expect(parse("-a -- -p 80").args).toEqual(["-p", "80"]);
    expect(parse("-").args).toEqual(["-"]);
  });
  test("an undeclared flag is a mistake of the command", () => expect(() => parse("").bool("nope")).toThrow(TypeError));

  const bad: readonly (readonly [string, string])[] = [
    ["--nope", "unknown flag: --nope"],
    ["-x", "unknown shorthand flag: 'x' in -x"],
    ["-ax", "unknown shorthand flag: 'x' in -ax"],
    ["--name", "flag needs an argument: --name"],
    ["-p", "flag needs an argument: 'p' in -p"],
    ["--all=maybe", 'invalid argument "maybe" for "-a, --all" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
    ["-n x", 'invalid argument "x" for "-n, --last" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    ["--weight -1", 'strconv.ParseUint: parsing "-1": invalid syntax'],
    ["-m 1x", 'invalid argument "1x" for "-m, --memory" flag: invalid suffix: \'x\''],
    ["---a", "bad flag syntax: ---a"],
    ["--=x", "bad flag syntax: --=x"],
  ];
  for (const [line, words] of bad) {
    test(`refuses ${line}`, () => {
      expect(() => parse(line)).toThrow(UsageError);
      expect(() => parse(line)).toThrow(words);
    });
  }
  test("a slip of the pen gets a hint; hidden flags are not told", () => {
    const hintOf = (line: string): string | undefined => {
      try {
        parse(line);
      } catch (error) {
        return error instanceof UsageError ? error.hint : undefined;
      }
      return undefined;
    };
    expect(hintOf("--netwrok x")).toBe("Did you mean --network?");
    expect(hintOf("--secrett")).toBeUndefined();
    expect(hintOf("--zzzzzz")).toBeUndefined();
  });
});

test("the nearest word", () => {
  expect(nearest("rnu", ["run", "rm", "rmi"])).toBe("run");
  expect(nearest("contaner", ["container", "context"])).toBe("container");
  expect(nearest("xyz", ["run", "rm"])).toBeUndefined();
});

test("filters gather values by key", () => {
  expect(toFilters(["label=a=b", "Label = c", "status=exited", ""])).toEqual({ label: ["a=b", "c"], status: ["exited"] });
});

describe("help", () => {
  test("flags are sorted, aligned, wrapped, and hidden ones are left out", () => {
    const text = flagHelp(flags, 60);
    expect(text).not.toContain("secret");
    expect(text.split("\n")[0]).toMatch(/^ {2}-a, --all +All$/);
    expect(text).toContain("--last int");
    expect(text).toContain("(default true)");
    expect(text).not.toContain("(default -1)");
  });
  test("a command's help names usage, aliases, examples, exit codes and neighbours", () => {
    const text = commandHelp(
      {
        name: "berth ps",
        usage: "[OPTIONS]",
        summary: "List",
        flags,
        about: "Two words",
        examples: [
          { line: "berth ps -a", does: "All" },
          { line: "berth ps --filter", does: "No filter", code: 125 },
        ],
        exitCodes: [["3", "three"]],
        seeAlso: ["berth run", "berth rm"],
        aliases: ["berth ps", "berth container ls"],
      },
      80,
    );
    expect(text).toStartWith(
      "Usage:  berth ps [OPTIONS]\n\nList\n\nTwo words\n\nAliases:\n  berth ps, berth container ls\n\n" +
        "Examples:\n  All:\n    berth ps -a\n  No filter (ends with 125):\n    berth ps --filter\n\nOptions:\n",
    );
    expect(text).toEndWith("\n\nExit codes:\n  3  three\n\nSee also: berth run, berth rm\n");
  });
});
