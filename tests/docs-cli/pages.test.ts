import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { leftOut, preparations, sessions } from "./behaviour.ts";
import { type Document, readGuides, readPages } from "./examples.ts";
import { type Result, runDocument } from "./run-document.ts";
import { plainText } from "./same-output.ts";
import { type Beginning, openWorld, type World } from "./world.ts";

/** With `BERTH_DOCS_RECORD=<file>` the outputs of the pages are written there, whatever the pages show. */
const record = process.env["BERTH_DOCS_RECORD"];
/** Only documents whose file contains this. */
const asked = process.env["BERTH_DOCS_PAGE"] ?? "";

/** Documents whose own examples make the containers that they speak of. */
const makesOwn = /cli\/(README|run|create)\.md$|docs\/(logs|extensions|checkpoints)\.md$|^README\.md$/;

const documents = [...readPages(), ...readGuides()].filter(({ file }) => file.includes(asked));
const outputs: Record<string, { line: string; output: string }[]> = {};

test("whatever is known of examples belongs to one", () => {
  const lines = [...readPages(), ...readGuides()].flatMap(({ examples }) => examples.map(({ line }) => line));
  for (const patterns of [leftOut, sessions, preparations]) {
    expect(patterns.filter((one) => !lines.some((line) => one.line.test(line)))).toEqual([]);
  }
  expect(lines.length).toBeGreaterThan(120);
  expect(documents, `no document's file contains ${asked}`).not.toBeEmpty();
});

/** Machines side by side; most of the time is spent waiting. */
const lanes = 2;

describe("the examples of", () => {
  const worlds: World[] = [];
  const pending = documents.map((document) => ({ document, ...Promise.withResolvers<Result[]>() }));

  /** Runs documents until none is left. */
  async function work(world: World, queue: typeof pending): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { document, promise, resolve, reject } = next;
      runDocument(world, document, beginningOf(document)).then(resolve, reject);
      await promise.catch(() => undefined);
    }
  }

  beforeAll(async () => {
    const queue = [...pending];
    await Promise.all(
      Array.from({ length: Math.min(lanes, queue.length) }, async (_, lane) => {
        const world = await openWorld(`docs${lane}`);
        worlds.push(world);
        void work(world, queue);
      }),
    );
  }, 60_000);
  afterAll(async () => {
    if (record !== undefined) writeFileSync(record, JSON.stringify(outputs));
    await Promise.all(worlds.map((world) => world[Symbol.asyncDispose]()));
  }, 60_000);

  for (const { document, promise } of pending) {
    test(document.file, async () => {
      const results = await promise;
      outputs[path.basename(document.file, ".md")] = results.map(({ example, output }) => ({
        line: example.line,
        output: plainText(output),
      }));
      const faults = results.flatMap(({ codeFault, outputFault, example }) => {
        const fault = codeFault ?? (record === undefined ? outputFault : null);
        return fault === null ? [] : [`${document.file}:${example.at}: ${fault}`];
      });
      expect(faults, `where this is right: bun tests/docs-cli/record.ts ${path.basename(document.file, ".md")}`).toEqual([]);
    }, 120_000);
  }
});

function beginningOf({ file }: Document): Beginning {
  return { containers: !makesOwn.test(file), standIns: !file.startsWith("docs/cli/") };
}
