import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { dockerdPath, loadImage, startBerth, startDocker } from "../harness/engines.ts";
import { openSandbox, type Sandbox } from "../harness/sandbox.ts";
import { accepted } from "./accepted.ts";
import type { AcceptedDifference } from "./case.ts";
import { cases } from "./cases/index.ts";
import { compare, type Difference } from "./compare.ts";
import { runCase, type Contender } from "./run-case.ts";

/**
 * The same calls against Berth and a private real dockerd. `BERTH_DIFFERENTIAL=docker` puts a second dockerd in Berth's place: then all must be equal, which tests
 * the suite itself. A name as `BERTH_DIFFERENTIAL_CASE` runs only the cases that contain it.
 */
const selfTest = process.env["BERTH_DIFFERENTIAL"] === "docker";
const only = process.env["BERTH_DIFFERENTIAL_CASE"] ?? "";
const used = new Set<string>();
const tally = { equal: 0, accepted: 0, different: 0 };
let docker: Contender;
let berth: Contender;
const sandboxes: Sandbox[] = [];

async function contender(start: typeof startDocker, name: string): Promise<Contender> {
  const sandbox = await openSandbox(name);
  sandboxes.push(sandbox);
  const engine = await start(sandbox);
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

/** Differences of a case that no rule accepts; notes which rules were used. */
function unaccepted(name: string, differences: readonly Difference[]): Difference[] {
  return differences.filter((difference) => {
    if (selfTest) return true;
    const rule = accepted.find((candidate) => accepts(candidate, name, difference));
    if (rule !== undefined) used.add(rule.reason);
    return rule === undefined;
  });
}

describe.skipIf(dockerdPath() === null)("differential: Berth and real Docker", () => {
  beforeAll(async () => {
    [docker, berth] = await Promise.all([contender(startDocker, "docker"), contender(selfTest ? startDocker : startBerth, "berth")]);
  }, 120_000);

  afterAll(async () => {
    await Promise.all([docker, berth].filter((one) => one !== undefined).map((one) => one.engine.stop()));
    await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
    console.log(`\ndifferential: ${tally.equal} equal, ${tally.accepted} accepted with reasons, ${tally.different} different`);
    for (const reason of used) console.log(`  accepted: ${reason}`);
  }, 60_000);

  for (const one of cases.filter((candidate) => candidate.name.includes(only))) {
    test(one.name, async () => {
      const [theirs, ours] = await Promise.all([runCase(docker, one), runCase(berth, one)]);
      expect(theirs["error"]).toBeUndefined();
      const differences = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].flatMap((label) =>
        compare(label, theirs[label], ours[label]),
      );
      const bad = unaccepted(one.name, differences);
      tally[bad.length > 0 ? "different" : differences.length > 0 ? "accepted" : "equal"]++;
      expect(
        bad.map(({ at, docker: theirs, berth: ours }) => `${at}: Docker ${JSON.stringify(theirs)}, Berth ${JSON.stringify(ours)}`),
      ).toEqual([]);
    }, 60_000);
  }

  test.skipIf(selfTest || only !== "")("every accepted difference still occurs", () => {
    expect(accepted.filter((rule) => !used.has(rule.reason)).map((rule) => rule.reason)).toEqual([]);
  });
});
