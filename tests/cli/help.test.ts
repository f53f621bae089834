import { expect, test } from "bun:test";
import { berthCommand } from "../harness/engines.ts";
import { run } from "../harness/sandbox.ts";

const width = 80;

/** Every command's help, by its name; found the way a user finds it, from the first help on. */
async function readHelps(): Promise<Map<string, string>> {
  const helps = new Map<string, string>();
  const read = async (words: readonly string[]): Promise<string> => {
    const { code, stdout } = await run([berthCommand(), ...words, "--help"]);
    expect([words.join(" "), code]).toEqual([words.join(" "), 0]);
    helps.set(words.join(" "), stdout);
    return stdout;
  };
  const names = (text: string, titles: RegExp): string[] =>
    text
      .split("\n\n")
      .filter((part) => titles.test(part))
      .flatMap((part) => [...part.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) /gm)].map((match) => match[1] ?? ""));
  const first = await read([]);
  for (const name of names(first, /^[A-Z]\w+ Commands:/)) await read(name.split(" "));
  for (const group of names(first, /^Command Groups:/)) {
    for (const verb of names(await read([group]), /^Commands:/)) await read([group, ...verb.split(" ")]);
  }
  return helps;
}

const helps = await readHelps();

test("every command is found from the first help on, and has a help with examples", () => {
  expect(helps.size).toBeGreaterThan(45);
  const groups = [...helps].filter(([, help]) => /^Commands:$/m.test(help));
  for (const [name, help] of helps) {
    if (name !== "" && !groups.some(([group]) => group === name))
      expect([name, help]).toEqual([name, expect.stringContaining("\nExamples:\n")]);
  }
});

test("every help fits a terminal of 80 columns", () => {
  const wide = [...helps].flatMap(([name, help]) => help.split("\n").flatMap((line) => (line.length > width ? [`${name}: ${line}`] : [])));
  expect(wide).toEqual([]);
});
