// time limit: 20 minutes
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { itemsOfCommandLine, readDockerCommands } from "../compatibility/docker-commands.ts";
import { itemsOfRequest, readEndpoints } from "../compatibility/endpoints.ts";
import { Recorder } from "../compatibility/recorder.ts";
import { readResults, type Shown, shownBy, writeResults } from "../compatibility/results.ts";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { berthCommand, dockerCliPath, dockerdPath, loadImage, startBerth, startDocker } from "../harness/engines.ts";
import { openSandbox, run, type Sandbox } from "../harness/sandbox.ts";
import { acceptedOfCli } from "./accepted-cli.ts";
import { accepted } from "./accepted.ts";
import type { AcceptedDifference, DifferentialCase } from "./case.ts";
import { cases } from "./cases/index.ts";
import { compare, type Difference } from "./compare.ts";
import { notYet, notYetRequests } from "./not-yet.ts";
import { type Contender, type Observations, runCase } from "./run-case.ts";

/**
 * The same calls against Berth and a private real dockerd. `BERTH_DIFFERENTIAL=docker` puts a second dockerd in Berth's place: then all must be equal, which tests
 * the suite itself. Words as `BERTH_DIFFERENTIAL_CASE` (`logs|stats: one`) run only the cases whose names contain them. What uses the docker CLI is run once more with `berth` in
 * its place. `BERTH_DIFFERENTIAL_RESULTS=1` writes what was shown of each command, flag, endpoint and parameter into `docs/compatibility.json`.
 */
const selfTest = process.env["BERTH_DIFFERENTIAL"] === "docker";
const only = process.env["BERTH_DIFFERENTIAL_CASE"] ?? "";
const isAsked = (name: string): boolean => only.split("|").some((words) => name.includes(words));
const writes = process.env["BERTH_DIFFERENTIAL_RESULTS"] === "1";
const used = new Set<string>();
const shown = { engine: new Map<string, Shown>(), ownCli: new Map<string, Shown>(), notYet: new Map<string, string>() };
const tally = { equal: 0, accepted: 0, different: 0 };
const sandboxes: Sandbox[] = [];

async function contender(start: typeof startDocker, name: string, flags: readonly string[] = []): Promise<Contender> {
  const sandbox = await openSandbox(name);
  sandboxes.push(sandbox);
  const engine = await start(sandbox, { flags });
  const image = buildBusyboxImage("busybox:latest");
  await loadImage(engine, image.archive);
  return { engine, sandbox, imageId: image.id };
}

function accepts(rule: AcceptedDifference, name: string, { at, docker: theirs, berth: ours }: Difference): boolean {
  if (!rule.cases.test(name) || !rule.at.test(at)) return false;
  if ("docker" in rule && rule.docker !== theirs) return false;
  if ("berth" in rule && rule.berth !== ours) return false;
  const { both } = rule;
  return both === undefined || [theirs, ours].every((value) => typeof value === "string" && both.test(value));
}

type Pair = readonly [docker: Contender, berth: Contender];

const pairs = new Map<string, Promise<Pair>>();

/** The daemons with these flags; made when a case first asks for them. */
function pairWith(flags: readonly string[]): Promise<Pair> {
  const key = flags.join(" ");
  const own = key === "" ? "" : "-flags";
  const known = pairs.get(key);
  if (known !== undefined) return known;
  const made = Promise.all([
    contender(startDocker, `docker${own}`, flags),
    contender(selfTest ? startDocker : startBerth, `berth${own}`, flags),
  ]);
  pairs.set(key, made);
  return made;
}

interface Comparison {
  readonly name: string;
  readonly theirs: Observations;
  readonly ours: Observations;
  readonly rules: readonly AcceptedDifference[];
  /** What is not compared. */
  readonly except?: RegExp;
}

/** Differences of a case that no rule accepts, and the reasons of the others by label; notes which rules were used. */
function judge({ name, theirs, ours, rules, except }: Comparison): { bad: Difference[]; reasons: Map<string, string[]> } {
  const bad: Difference[] = [];
  const reasons = new Map<string, string[]>();
  for (const label of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
    for (const difference of compare(label, theirs[label], ours[label])) {
      if (except?.test(difference.at) === true) continue;
      const rule = selfTest ? undefined : rules.find((candidate) => accepts(candidate, name, difference));
      if (rule === undefined) bad.push(difference);
      else {
        used.add(rule.reason);
        reasons.set(label, [...(reasons.get(label) ?? []), rule.reason]);
      }
    }
  }
  return { bad, reasons };
}

/** The same case with `berth` as the command line: but for its own words on stderr it must show what the docker CLI shows. */
async function compareOwnCli(one: DifferentialCase, berth: Contender, theirs: Observations): Promise<void> {
  const recorder = new Recorder();
  const ours = await runCase({ ...berth, cli: berthCommand() }, one, recorder);
  const { bad, reasons } = judge({ name: one.name, theirs, ours, rules: acceptedOfCli, except: /\.stderr$/ });
  expect(bad.map(({ at, docker, berth }) => `${at}: docker CLI ${JSON.stringify(docker)}, berth ${JSON.stringify(berth)}`)).toEqual([]);
  shown.ownCli.set(one.name, shownBy(recorder.uses, reasons));
}

function store(): void {
  const { sameData, ...earlier } = readResults();
  const before = only === "" ? { engine: {}, ownCli: {}, notYet: {} } : earlier;
  writeResults({
    sameData,
    engine: { ...before.engine, ...Object.fromEntries(shown.engine) },
    ownCli: { ...before.ownCli, ...Object.fromEntries(shown.ownCli) },
    notYet: { ...before.notYet, ...Object.fromEntries(shown.notYet) },
  });
}

describe.skipIf(dockerdPath() === null)("differential: Berth and real Docker", () => {
  beforeAll(async () => {
    await pairWith([]);
  }, 120_000);

  afterAll(async () => {
    const started = await Promise.allSettled(pairs.values());
    const engines = started.flatMap((pair) => (pair.status === "fulfilled" ? pair.value : []));
    await Promise.all(engines.map(({ engine }) => engine.stop()));
    await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
    console.log(`\ndifferential: ${tally.equal} equal, ${tally.accepted} accepted with reasons, ${tally.different} different`);
    for (const reason of used) console.log(`  accepted: ${reason}`);
    if (writes && !selfTest) store();
  }, 60_000);

  for (const one of cases.filter((candidate) => isAsked(candidate.name))) {
    test(one.name, async () => {
      const recorder = new Recorder();
      const [docker, berth] = await pairWith(one.daemonFlags ?? []);
      const [theirs, ours] = await Promise.all([runCase(docker, one, new Recorder()), runCase(berth, one, recorder)]);
      expect(theirs["error"]).toBeUndefined();
      const { bad, reasons } = judge({ name: one.name, theirs, ours, rules: accepted });
      tally[bad.length > 0 ? "different" : reasons.size > 0 ? "accepted" : "equal"]++;
      expect(
        bad.map(({ at, docker: theirs, berth: ours }) => `${at}: Docker ${JSON.stringify(theirs)}, Berth ${JSON.stringify(ours)}`),
      ).toEqual([]);
      shown.engine.set(one.name, shownBy(recorder.uses, reasons));
      if (recorder.usedCommandLine && one.onlyDockerCli === undefined && !selfTest) await compareOwnCli(one, berth, ours);
    }, 300_000);
  }

  for (const { words, input, item } of selfTest || !isAsked("not yet") ? [] : notYet) {
    test(`not yet: ${words.join(" ")}`, async () => {
      const [, { engine }] = await pairWith([]);
      const env = { DOCKER_BUILDKIT: "0" };
      const result = await run([dockerCliPath() ?? "docker", "-H", `unix://${engine.socket}`, ...words], {
        env,
        ...(input === undefined ? {} : { input }),
      });
      const answer = result.stderr
        .split("\n")
        .find((line) => line !== "" && !/^(DEPRECATED|WARNING|Sending|Unable to find image)| {5}/.test(line));
      expect({ code: result.code === 0, answer: answer === undefined }).toEqual({ code: false, answer: false });
      const found = item ?? itemsOfCommandLine(readDockerCommands(), words)[0];
      if (found !== undefined) shown.notYet.set(found, answer?.trim() ?? "");
    });
  }

  for (const [method, path] of selfTest || !isAsked("not yet") ? [] : notYetRequests) {
    test(`not yet: ${method} ${path}`, async () => {
      const [, { engine }] = await pairWith([]);
      const answer = await engine.api.request(path, { method });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      const [found] = itemsOfRequest(readEndpoints(), { method, path });
      if (found !== undefined) shown.notYet.set(found, answer.json<{ message: string }>().message);
    });
  }

  test.skipIf(selfTest || only !== "")("every accepted difference still occurs", () => {
    expect([...accepted, ...acceptedOfCli].filter((rule) => !used.has(rule.reason)).map((rule) => rule.reason)).toEqual([]);
  });

  test.skipIf(selfTest || only !== "" || writes)("docs/compatibility.json says what this run has shown", () => {
    const committed = readResults();
    const names = (results: Iterable<string>): string[] => [...results].sort();
    expect(names(shown.engine.keys()), "run `bun tests/compatibility/generate.ts --run`").toEqual(names(Object.keys(committed.engine)));
    for (const [name, { equal }] of shown.engine) expect([name, equal]).toEqual([name, committed.engine[name]?.equal ?? []]);
    expect(Object.fromEntries(shown.notYet)).toEqual(committed.notYet);
  });
});
