import { expect, test } from "bun:test";
import { frame } from "@berth/spec";
import { type LogLine, readLogLines } from "./lines.ts";
import { LogMerger } from "./merge.ts";
import { Prefixes } from "./prefix.ts";

const at = (second: number): string => new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toISOString().replace("Z", "000000Z");
const line = (second: number, text: string): LogLine => ({ stream: 1, time: at(second), text: Buffer.from(text) });

async function collect<T>(merger: LogMerger<T>): Promise<string[]> {
  const shown: string[] = [];
  for await (const lines of merger.lines())
    for (const { owner, line: each } of lines) shown.push(`${String(owner)}${each.text.toString()}`);
  return shown;
}

async function* blocks(lines: readonly LogLine[], size: number, pause: () => Promise<void>): AsyncGenerator<readonly LogLine[]> {
  yield [];
  for (let from = 0; from < lines.length; from += size) {
    await pause();
    yield lines.slice(from, from + size);
  }
}

test("logs that end are merged exactly, however slowly one of them comes", async () => {
  const merger = new LogMerger<string>(0);
  const [odd, even] = [1, 0].map((rest) => Array.from({ length: 5000 }, (_, index) => index).filter((each) => each % 2 === rest));
  const lines = (numbers: readonly number[] = []): LogLine[] => numbers.map((each) => line(each, String(each)));
  void merger.add(
    "",
    blocks(lines(odd), 900, () => Bun.sleep(60)),
    { follows: false },
  );
  void merger.add(
    "",
    blocks(lines(even), 1, () => Promise.resolve()),
    { follows: false },
  );
  merger.close();
  expect(await collect(merger)).toEqual(Array.from({ length: 5000 }, (_, index) => String(index)));
});

test("a line that comes late, but within the window, is put in its place; one that is later still is not waited for", async () => {
  const merger = new LogMerger<string>(0);
  const gate = Promise.withResolvers<void>();
  const shown: string[] = [];
  const reading = (async () => {
    for await (const lines of merger.lines()) {
      for (const { owner, line: each } of lines) shown.push(`${owner}${each.text.toString()}`);
      if (shown.length >= 3) gate.resolve();
    }
  })();
  const late = async function* (): AsyncGenerator<readonly LogLine[]> {
    yield [];
    await Bun.sleep(30);
    yield [line(1, "1")];
    await gate.promise;
    yield [line(2, "too late")];
  };
  const early = async function* (): AsyncGenerator<readonly LogLine[]> {
    yield [line(2, "2"), line(3, "3")];
    await gate.promise;
  };
  void merger.add("late ", late(), { follows: true });
  void merger.add("early ", early(), { follows: true });
  merger.close();
  await reading;
  expect(shown).toEqual(["late 1", "early 2", "early 3", "late too late"]);
});

test("lines of a framed log and of a terminal's, across the borders of what arrives", async () => {
  const first = `${at(1)} one\n${at(2)} tw`;
  const framed = Buffer.concat([
    frame(1, Buffer.from(first)),
    frame(2, Buffer.from(`${at(3)} oops\n`)),
    frame(1, Buffer.from("o\nno time\n")),
  ]);
  async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
  }
  for (const size of [1, 7, 1000]) {
    const lines: string[] = [];
    for await (const block of readLogLines(pieces(framed, size), false))
      lines.push(...block.map(({ stream, time, text }) => `${stream} ${time} ${text.toString()}`));
    expect(lines).toEqual([`1 ${at(1)} one`, `2 ${at(3)} oops`, `1 ${at(2)} two`, `1 ${at(2)} no time`]);
  }
  const raw: string[] = [];
  for await (const block of readLogLines(pieces(Buffer.from(`${at(1)} a\r\n${at(2)} b`), 3), true))
    raw.push(...block.map(({ text }) => text.toString()));
  expect(raw).toEqual(["a", "b"]);
  let bytes = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (let each = 0; each < 40; each++) yield Buffer.alloc(100_000, "x");
  }
  for await (const block of readLogLines(endless(), true)) {
    for (const { text } of block) {
      expect(text.length).toBeLessThan(1_200_000);
      bytes += text.length;
    }
  }
  expect(bytes).toBe(4_000_000);
});

test("every name has a colour of its own, and on a terminal room", () => {
  const prefixes = new Prefixes({ terminal: true, colour: true });
  for (const name of ["a-long-name", "b"]) prefixes.introduce(name);
  const [one, other] = [prefixes.of("a-long-name"), prefixes.of("b")];
  expect([one, other].map((text) => Bun.stripANSI(text))).toEqual(["a-long-name | ", "b           | "]);
  expect(one.slice(0, 11)).not.toBe(other.slice(0, 11));
  expect(new Prefixes({ terminal: false, colour: false }).of("b")).toBe("b | ");
});
