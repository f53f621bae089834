import { dockerCliPath, type RunningEngine } from "../harness/engines.ts";
import { run, until, type Sandbox } from "../harness/sandbox.ts";
import type { CaseContext, DifferentialCase } from "./case.ts";
import { createNormaliser } from "./normalise.ts";

/** What one engine showed in one case: label → normalised value. A case that threw has the label `error`. */
export type Observations = Readonly<Record<string, unknown>>;

/** One engine under comparison. */
export interface Contender {
  readonly engine: RunningEngine;
  readonly sandbox: Sandbox;
  readonly imageId: string;
}

/** Runs one case on one engine and removes what it made. */
export async function runCase(contender: Contender, test: DifferentialCase): Promise<Observations> {
  const { engine, sandbox, imageId } = contender;
  const normalise = createNormaliser(engine, [imageId]);
  const seen: Record<string, unknown> = {};
  /** Makes the id known to the normaliser, which can then name its short form. */
  async function createKnown(name: string, body: Readonly<Record<string, unknown>>): Promise<string> {
    const id = await create(engine, name, body);
    normalise(id);
    return id;
  }
  const context: CaseContext = {
    engine,
    api: engine.api,
    sandbox,
    imageId,
    see: (label, value) => {
      if (label in seen) throw new Error(`${test.name}: two observations are named ${label}`);
      seen[label] = normalise(JSON.parse(JSON.stringify(value ?? null)));
    },
    cli: (args, options) => {
      const cli = dockerCliPath();
      if (cli === null) throw new Error("the docker CLI is not installed");
      return run([cli, "-H", `unix://${engine.socket}`, ...args], options);
    },
    inside: (command, options) => sandbox.run(command, options),
    create: (name, body = {}) => createKnown(name, body),
    start: async (name, body = {}) => {
      const id = await createKnown(name, body);
      const answer = await engine.api.post(`/containers/${id}/start`);
      if (answer.status !== 204) throw new Error(`start ${name}: ${answer.status} ${answer.text}`);
      return id;
    },
    events: (body, attributes = []) => recordEvents(engine, body, attributes),
    untilStatus: (reference, status) =>
      until(
        async () => (await engine.api.get(`/containers/${reference}/json`)).json<{ State: { Status: string } }>().State.Status === status,
        15_000,
        `${reference} did not become ${status}`,
      ),
  };
  try {
    await test.run(context);
  } catch (error) {
    seen["error"] = normalise(error instanceof Error ? error.message : String(error));
  }
  await removeAll(engine);
  return seen;
}

async function create(engine: RunningEngine, name: string, body: Readonly<Record<string, unknown>>): Promise<string> {
  const answer = await engine.api.post(`/containers/create?name=${name}`, { Image: "busybox", ...body });
  if (answer.status !== 201) throw new Error(`create ${name}: ${answer.status} ${answer.text}`);
  return answer.json<{ Id: string }>().Id;
}

async function recordEvents(engine: RunningEngine, body: () => Promise<void>, attributes: readonly string[]): Promise<string[]> {
  const abort = new AbortController();
  // Docker sends the headers of /events at once; a moment makes sure that it has subscribed.
  const answer = engine.api.request("/events", { signal: abort.signal });
  await Bun.sleep(150);
  await body();
  await Bun.sleep(400);
  abort.abort();
  const lines = (await answer).text.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const event = JSON.parse(line) as { Type: string; Action: string; Actor: { Attributes: Record<string, string> } };
    const shown = attributes.filter((name) => name in event.Actor.Attributes).map((name) => `${name}=${event.Actor.Attributes[name]}`);
    return [event.Type, event.Action.replace(/: .*/, ": …"), ...shown].join(" ");
  });
}

async function removeAll(engine: RunningEngine): Promise<void> {
  const containers = (await engine.api.get("/containers/json?all=1")).json<{ Id: string }[]>();
  await Promise.all(containers.map((container) => engine.api.delete(`/containers/${container.Id}?force=1&v=1`)));
}
