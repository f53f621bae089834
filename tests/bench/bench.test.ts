// time limit: 4 minutes
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { engineKinds } from "./engines/engine.ts";
import { isInstalled } from "./engines/open.ts";
import { Progress } from "./kit/progress.ts";
import type { Measurement } from "./measurement.ts";
import { measurements } from "./measurements/list.ts";
import { readOptions } from "./options.ts";
import type { BenchResult } from "./report/result.ts";
import { markdown, plainText } from "./report/table.ts";
import { runBench } from "./run-bench.ts";
import { tinySizes } from "./sizes.ts";

const minuteMs = 60_000;
const folder = mkdtempSync(path.join(tmpdir(), "bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// With PEERS=1 all of them have to be there; elsewhere those that are not are left out.
const kinds = engineKinds.filter((kind) => isInstalled(kind) || (process.env["PEERS"] ?? "") !== "");

function bench(options: Partial<Parameters<typeof runBench>[0]>): Promise<BenchResult> {
  return runBench({
    measurements,
    kinds,
    sizes: tinySizes,
    progress: new Progress(true),
    signal: new AbortController().signal,
    ...options,
  });
}

/** Rows that an engine cannot fill, and why. */
const known: Readonly<Record<string, string>> = {
  "logs-follow podman": "its `logs -f` may end before it has sent all that a container wrote",
  "logs-attach podman": "an attached client may miss the last bytes that a container wrote",
};

describe("the benchmark in its smallest form", () => {
  test(
    "fills every row for every engine, and the tables hold them all",
    async () => {
      const result = await bench({});
      const failed = result.rows.flatMap(({ key, engines }) =>
        kinds.flatMap((kind) => {
          const reason = engines[kind]?.failed;
          return reason === undefined || `${key} ${kind}` in known ? [] : [`${key}, ${kind}: ${reason}`];
        }),
      );
      expect(failed).toEqual([]);
      expect(result.rows.map(({ key }) => key)).toEqual(measurements.flatMap(({ rows }) => rows(tinySizes).map(({ key }) => key)));
      // Megabytes of two idle containers may drown in what else the machine does; all others are more than nothing.
      const values = result.rows.filter(({ unit }) => unit === "ms" || unit === "MB/s").map(({ engines }) => engines.berth?.median ?? 0);
      expect(values.filter((value) => value <= 0)).toEqual([]);
      expect(Object.keys(result.floorMs)).toEqual(["run", "exec", "ps"]);
      const again = JSON.parse(JSON.stringify(result)) as BenchResult;
      for (const row of result.rows) expect(markdown(again)).toContain(`| ${row.title} | ${row.unit} |`);
      expect(plainText(again).split("\n").length).toBeGreaterThan(result.rows.length);
    },
    3 * minuteMs,
  );

  test(
    "a measurement that fails says why, for the engine that failed, and the others go on",
    async () => {
      const row = { title: "row", unit: "ms", better: "less" } as const;
      const broken: Measurement = {
        word: "broken",
        about: "fails",
        rows: () => [{ ...row, key: "broken" }],
        measure: () => Promise.reject(new Error("this one is broken")),
      };
      const whole: Measurement = {
        word: "whole",
        about: "works",
        rows: () => [{ ...row, key: "whole" }],
        measure: async ({ engines, sheet }) => {
          for (const { kind, api } of engines) sheet.record("whole", kind, (await api.get("/_ping")).status);
        },
      };
      const result = await bench({ measurements: [broken, whole], kinds: ["berth"] });
      expect(result.rows.map(({ engines }) => engines.berth)).toMatchObject([{ failed: "this one is broken" }, { median: 200 }]);
      expect(plainText(result)).toContain("failed: row, Berth: this one is broken");
    },
    minuteMs,
  );

  test(
    "stopped in the middle it keeps what it has and leaves nothing behind",
    async () => {
      const stop = new AbortController();
      const cgroups = (): string[] => readdirSync("/sys/fs/cgroup").flatMap((name) => namesBelow(`/sys/fs/cgroup/${name}`));
      const sandboxes: string[] = [];
      const endless: Measurement = {
        word: "endless",
        about: "never ends",
        rows: () => [{ key: "endless", title: "endless", unit: "ms", better: "less" }],
        measure: async ({ engines, sheet }) => {
          for (const { kind, sandbox } of engines) {
            sheet.record("endless", kind, 1);
            sandboxes.push(path.basename(sandbox.folder));
          }
          stop.abort();
          await new Promise(() => undefined);
        },
      };
      const result = await bench({ measurements: [endless, ...measurements], kinds: ["berth"], signal: stop.signal });
      expect(result.rows[0]?.engines.berth).toMatchObject({ median: 1 });
      expect(result.rows).toHaveLength(1);
      expect(sandboxes).toHaveLength(1);
      expect([...readdirSync(tmpdir()), ...cgroups()].filter((name) => sandboxes.includes(name))).toEqual([]);
    },
    minuteMs,
  );
});

describe("options", () => {
  test("words choose measurements, in the table's order", () => {
    const words = (only: string): string[] => readOptions(["--only", only]).measurements.map(({ word }) => word);
    expect(words("exec, run")).toEqual(["run", "exec"]);
    expect(words("")).toEqual(measurements.map(({ word }) => word));
    expect(() => words("exce")).toThrow('there is no "exce" among: cli, run,');
  });

  test("numbers and formats are looked at", () => {
    expect(readOptions(["--rounds", "3"]).sizes.rounds).toBe(3);
    expect(() => readOptions(["--rounds", "0"])).toThrow("from 1 to 1000");
    expect(() => readOptions(["--format", "xml"])).toThrow('there is no "xml"');
    expect(readOptions(["--markdown", "x.json"]).markdownOf).toBe("x.json");
  });
});

function namesBelow(place: string): string[] {
  try {
    return readdirSync(place);
  } catch {
    return []; // a file
  }
}
