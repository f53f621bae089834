import { describe, expect, test } from "bun:test";
import { Glob } from "bun";
import { commands, findCommand, groups } from "./commands.ts";

const loaded = await Promise.all(commands.map(async (entry) => ({ entry, command: (await entry.load()).command })));

describe("the list of commands", () => {
  test("names are unique, and two-word names belong to a group", () => {
    const names = commands.flatMap((entry) => entry.names);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names.filter((candidate) => candidate.includes(" ")))
      expect([...Object.keys(groups), "exec"]).toContain(name.split(" ")[0] ?? "");
  });

  test("every file that defines a command is in it", async () => {
    const defined: unknown[] = [];
    for await (const path of new Glob("*/*.ts").scan(import.meta.dir)) {
      if (path.endsWith(".test.ts")) continue;
      const text = await Bun.file(`${import.meta.dir}/${path}`).text();
      if (!text.includes("export const command: Command")) continue;
      const module = (await import(`./${path}`)) as { command: unknown };
      defined.push(module.command);
    }
    expect(defined.length).toBeGreaterThan(25);
    expect(new Set(defined)).toEqual(new Set(loaded.map(({ command }) => command)));
  });

  for (const { entry, command } of loaded) {
    test(`${entry.names[0]} has examples with words, neighbours that exist, and flags that do not collide`, () => {
      expect(command.examples.length).toBeGreaterThan(0);
      for (const { line, does } of command.examples) {
        expect(line).not.toContain("\n");
        // Indented, on a terminal of 80 columns.
        expect(line.length).toBeLessThanOrEqual(76);
        expect(does).toMatch(/^[^a-z].*[^.:]$/);
      }
      for (const name of command.seeAlso ?? []) expect(findCommand(name.split(" "))).toMatchObject({ name });
      const names = command.flags.flatMap((flag) => [flag.name, ...(flag.aliases ?? [])]);
      expect(new Set(names).size).toBe(names.length);
      const shorts = command.flags.flatMap((flag) => flag.short ?? []);
      expect(new Set(shorts).size).toBe(shorts.length);
      for (const short of shorts) expect(short).toHaveLength(1);
    });
  }
});

test("the longest name wins", () => {
  expect(findCommand(["container", "ls", "-a"])).toMatchObject({ name: "container ls", rest: ["-a"] });
  expect(findCommand(["container", "exec", "ls", "web"])).toMatchObject({ name: "container exec ls", rest: ["web"] });
  expect(findCommand(["exec", "web", "ls"])).toMatchObject({ name: "exec", rest: ["web", "ls"] });
  expect(findCommand(["ps", "ls"])).toMatchObject({ name: "ps", rest: ["ls"] });
  expect(findCommand(["container"])).toBeUndefined();
});
