// time limit: 20 minutes
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { itemsOfCommandLine, readDockerCommands } from "../compatibility/docker-commands.ts";
import { readResults, type Shown, shownBy, writeResults } from "../compatibility/results.ts";
import { berthCommand, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openSandbox, run, type Sandbox } from "../harness/sandbox.ts";
import { acceptedLines } from "./same-data/accepted.ts";
import { wordsOf } from "./same-data/line.ts";
import { lineGroups } from "./same-data/lines/index.ts";
import { prepareScene, removeContainers, startContainer } from "./same-data/scene.ts";

/**
 * The same command lines by `docker` and by `berth`, both against one Berth engine: ids, times and sizes are the same, so what they write to standard output must be the
 * same byte for byte, and so must the codes they end with. Every docker CLI of the machine is asked: Debian's 20.10, and a newer one where there is one. `berth` speaks
 * the API version of each. `BERTH_DIFFERENTIAL_CASE` and `BERTH_DIFFERENTIAL_RESULTS` mean what they mean in `differential.test.ts`; names begin with `same data: `.
 */
const programs = ["/usr/bin/docker", "/usr/local/bin/docker"].filter((program) => existsSync(program)).map(aboutCli);
const only = process.env["BERTH_DIFFERENTIAL_CASE"] ?? "";
const isAsked = (name: string): boolean => only.split("|").some((words) => name.includes(words));
const writes = process.env["BERTH_DIFFERENTIAL_RESULTS"] === "1";
const commands = readDockerCommands();
const used = new Set<string>();

interface DockerCli {
  readonly program: string;
  /** `20.10.24` */
  readonly version: string;
  readonly apiVersion: string;
}

interface Outcome {
  readonly code: number;
  readonly stdout: string;
}

function aboutCli(program: string): DockerCli {
  const tell = (...words: string[]): string => Bun.spawnSync([program, ...words]).stdout.toString();
  const version = /version (\d+(?:\.\d+)*)/.exec(tell("--version"))?.[1] ?? "unknown";
  const apiVersion =
    /"DefaultAPIVersion":"([\d.]+)"/.exec(tell("-H", "unix:///nonexistent", "version", "--format", "{{json .}}"))?.[1] ?? "";
  return { program, version, apiVersion };
}

describe.skipIf(programs.length === 0)("the same command lines by docker and by berth", () => {
  let sandbox: Sandbox;
  let engine: RunningEngine;
  const shown = new Map<string, Map<string, Shown>>(programs.map(({ version }) => [version, new Map<string, Shown>()]));

  beforeAll(async () => {
    sandbox = await openSandbox("same");
    engine = await startBerth(sandbox);
    await prepareScene(engine, sandbox);
  }, 120_000);

  afterAll(async () => {
    await removeContainers(engine);
    await engine.stop();
    await sandbox.close();
    if (!writes) return;
    const before = readResults();
    const merged = programs.map(({ version }) => {
      const earlier = only === "" ? {} : (before.sameData[version] ?? {});
      return [version, { ...earlier, ...Object.fromEntries(shown.get(version) ?? []) }];
    });
    writeResults({ ...before, sameData: { ...before.sameData, ...Object.fromEntries(merged) } });
  }, 60_000);

  for (const cli of programs) {
    describe(`docker ${cli.version}`, () => {
      for (const group of lineGroups) {
        const name = `same data: ${group.name}`;
        if (!isAsked(name)) continue;
        test(name, async () => {
          const uses = new Map<string, { worked: string[]; refused: string[]; last: string[] }>();
          const reasons = new Map<string, string[]>();
          const bad: unknown[] = [];
          const { container } = group;
          if (container !== undefined) await startContainer(engine, container.name, container.body);
          for (const line of group.lines) {
            const words = wordsOf(line.replace("SETTINGS", `${sandbox.folder}/settings`));
            // A line may name an engine of its own.
            const host = words.some((word) => /^(-H|--host)/.test(word)) ? [] : ["-H", `unix://${engine.socket}`];
            const env = { DOCKER_CONFIG: `${sandbox.folder}/none`, DOCKER_API_VERSION: cli.apiVersion, ...group.env };
            const ask = async (program: string): Promise<Outcome> => {
              const { code, stdout } = await run([program, ...host, ...words], { env });
              return { code, stdout: group.compare === "code" ? (stdout === "" ? "nothing" : "something") : stdout };
            };
            const { theirs, ours } = await askBoth(ask, cli);
            const items = itemsOfCommandLine(commands, words);
            const worked = theirs.code === 0 || (items[0] === "run" && theirs.code < 125);
            uses.set(line, { worked: worked ? items : [], refused: worked ? [] : items, last: items });
            if (Bun.deepEquals(theirs, ours)) continue;
            const rule = acceptedLines.find((candidate) => candidate.lines.test(line) && candidate.versions.test(cli.version));
            if (rule === undefined) bad.push({ line, theirs, ours });
            else {
              used.add(`${cli.version}: ${rule.reason}`);
              reasons.set(line, [rule.reason]);
            }
          }
          if (container !== undefined) await engine.api.delete(`/containers/${container.name}?force=1`);
          expect(bad).toEqual([]);
          shown.get(cli.version)?.set(name, shownBy(uses, reasons));
        }, 400_000);
      }
    });
  }

  test.skipIf(only !== "")("every accepted difference still occurs", () => {
    const expected = acceptedLines.flatMap(({ versions, reason }) =>
      programs.filter(({ version }) => versions.test(version)).map(({ version }) => `${version}: ${reason}`),
    );
    expect(expected.filter((reason) => !used.has(reason))).toEqual([]);
  });

  test.skipIf(only !== "" || writes)("docs/compatibility.json says what this run has shown", () => {
    const committed = readResults().sameData;
    for (const [version, groups] of shown) {
      // Another version than the committed results are of may know other flags.
      if (committed[version] === undefined) continue;
      expect([version, Object.fromEntries(groups)], "run `bun tests/compatibility/generate.ts --run`").toEqual([
        version,
        committed[version],
      ]);
    }
  });
});

/** What both write; again when the clock moved between the two ("5 seconds ago"). */
async function askBoth(ask: (program: string) => Promise<Outcome>, cli: DockerCli): Promise<{ theirs: Outcome; ours: Outcome }> {
  for (let attempt = 1; ; attempt++) {
    const [theirs, ours] = [await ask(cli.program), await ask(berthCommand())];
    if (attempt === 4 || Bun.deepEquals(theirs, ours)) return { theirs, ours };
  }
}
