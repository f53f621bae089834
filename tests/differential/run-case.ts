import { RecordedApi, type Recorder } from "../compatibility/recorder.ts";
import { dockerCliPath, type RunningEngine } from "../harness/engines.ts";
import type { EngineApi } from "../harness/engine-api.ts";
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
  /** The command line that cases use; the stock docker CLI when it is not given. */
  readonly cli?: string;
}

/** Docker's CLI 20.10 tells or does not tell that it has stopped waiting for a container that did not start. */
const byChance = /^time=.* msg="error waiting for container: context canceled"\n/m;

/** Runs one case on one engine and removes what it made; the recorder notes what the case uses. */
export async function runCase(contender: Contender, test: DifferentialCase, recorder: Recorder): Promise<Observations> {
  const { engine, sandbox, imageId } = contender;
  const api = new RecordedApi(engine.api, recorder);
  const normalise = createNormaliser(engine, [imageId]);
  const seen: Record<string, unknown> = {};
  /** Makes the id known to the normaliser, which can then name its short form. */
  async function createKnown(name: string, body: Readonly<Record<string, unknown>>): Promise<string> {
    const id = await create(api, name, body);
    normalise(id);
    return id;
  }
  const context: CaseContext = {
    engine,
    api,
    sandbox,
    imageId,
    see: (label, value) => {
      if (label in seen) throw new Error(`${test.name}: two observations are named ${label}`);
      seen[label] = normalise(JSON.parse(JSON.stringify(value ?? null)));
      recorder.observed(label);
    },
    cli: async (args, options) => {
      const cli = contender.cli ?? dockerCliPath();
      if (cli === null) throw new Error("the docker CLI is not installed");
      const host = options?.bare === true ? [] : ["-H", `unix://${engine.socket}`];
      const result = await run([cli, ...host, ...args], options);
      recorder.commandLine(args, result.code);
      return { ...result, stderr: result.stderr.replace(byChance, "") };
    },
    inside: (command, options) => sandbox.run(command, options),
    create: (name, body = {}) => createKnown(name, body),
    start: async (name, body = {}) => {
      const id = await createKnown(name, body);
      const answer = await api.post(`/containers/${id}/start`);
      if (answer.status !== 204) throw new Error(`start ${name}: ${answer.status} ${answer.text}`);
      return id;
    },
    events: (body, attributes = []) => recordEvents({ engine, api }, body, attributes),
    untilStatus: (reference, status) =>
      until(
        async () => (await engine.api.get(`/containers/${reference}/json`)).json<{ State: { Status: string } }>().State.Status === status,
        15_000,
        `${reference} did not become ${status}`,
      ),
    untilLogged: (reference, text, times = 1) =>
      until(
        async () => (await engine.api.get(`/containers/${reference}/logs?stdout=1&stderr=1`)).text.split(text).length > times,
        30_000,
        `${reference} did not log ${text}`,
      ),
    untilExecEnded: (id) =>
      until(
        async () => (await engine.api.get(`/exec/${id}/json`)).json<{ ExitCode: number | null }>().ExitCode !== null,
        30_000,
        "the exec did not end",
      ),
  };
  try {
    await test.run(context);
  } catch (error) {
    seen["error"] = normalise(error instanceof Error ? error.message : String(error));
  }
  await removeAll(engine, imageId);
  return seen;
}

async function create(api: EngineApi, name: string, body: Readonly<Record<string, unknown>>): Promise<string> {
  const answer = await api.post(`/containers/create?name=${name}`, { Image: "busybox", ...body });
  if (answer.status !== 201) throw new Error(`create ${name}: ${answer.status} ${answer.text}`);
  return answer.json<{ Id: string }>().Id;
}

interface RecordedEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Record<string, string> };
}

/** How long no event may have come before what was sent counts as complete: some come after the answer to the call. */
const quietMs = 500;

/**
 * The volume `berth-marker` is made before and after the body: when its event has come, the engine listens to nothing
 * slower than this recorder, however busy the machine is.
 */
async function recordEvents(
  { engine, api }: { readonly engine: RunningEngine; readonly api: EngineApi },
  body: () => Promise<void>,
  attributes: readonly string[],
): Promise<string[]> {
  const abort = new AbortController();
  let text = "";
  let lastAt = performance.now();
  const answer = api.request("/events", {
    signal: abort.signal,
    onChunk: (chunk) => {
      text += chunk.toString("utf8");
      lastAt = performance.now();
    },
  });
  await mark(engine, () => text);
  await body();
  await mark(engine, () => text);
  await until(() => performance.now() - lastAt > quietMs, 30_000, "events did not stop coming");
  abort.abort();
  await answer;
  const events = text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as RecordedEvent]));
  return events
    .filter((event) => !event.Actor.ID.startsWith(marker))
    .map((event) => {
      const shown = attributes.filter((name) => name in event.Actor.Attributes).map((name) => `${name}=${event.Actor.Attributes[name]}`);
      return [event.Type, event.Action.replace(/: .*/, ": …"), ...shown].join(" ");
    });
}

const marker = "berth-marker";

/** Makes and removes a marker until the recorder has seen one: the first may come before it listens. */
async function mark(engine: RunningEngine, seen: () => string): Promise<void> {
  const name = `${marker}-${Bun.randomUUIDv7()}`;
  await until(
    async () => {
      await engine.api.post("/volumes/create", { Name: name });
      await engine.api.delete(`/volumes/${name}`);
      return seen().includes(name);
    },
    30_000,
    "the marker's event did not come",
  );
  // Its removal belongs to the marker too, and may come a moment later.
  await until(() => seen().split(name).length > 2, 30_000, "the marker's second event did not come");
}

async function removeAll(engine: RunningEngine, imageId: string): Promise<void> {
  const containers = (await engine.api.get("/containers/json?all=1")).json<{ Id: string }[]>();
  await Promise.all(containers.map((container) => engine.api.delete(`/containers/${container.Id}?force=1&v=1`)));
  const networks = (await engine.api.get("/networks")).json<{ Id: string; Name: string }[]>();
  for (const { Id, Name } of networks) if (!["bridge", "host", "none"].includes(Name)) await engine.api.delete(`/networks/${Id}`);
  const images = (await engine.api.get("/images/json?all=1")).json<{ Id: string }[]>();
  for (const { Id } of images) if (Id !== imageId) await engine.api.delete(`/images/${Id}?force=1`);
}
