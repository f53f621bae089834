import type { Connection } from "@berth/client";
import { listContainers, listImages, listNetworks } from "@berth/client";
import type { ContainerSummary } from "@berth/spec";
import type { ValueKind } from "../args/flag.ts";
import type { CliConfig } from "../context/config.ts";
import type { Answer, Candidate } from "./candidate.ts";

/** What finding names needs. */
export interface NameSources {
  readonly config: CliConfig;
  /** Rejects when the engine cannot be chosen. */
  readonly engine: () => Promise<Connection>;
  /** The word under the cursor. */
  readonly word: string;
}

const signals = "HUP INT QUIT ABRT KILL USR1 USR2 ALRM TERM CONT STOP TSTP WINCH".split(" ");

/** What may stand where a value of this kind is wanted. Rejects when the engine does not answer. */
export async function namesOf(kind: ValueKind, sources: NameSources): Promise<Answer> {
  if (typeof kind === "object") {
    const open = kind.some((value) => value.startsWith(sources.word) && /[=:]$/.test(value));
    return { candidates: kind.map((value) => ({ value })), directives: open ? ["nospace"] : [] };
  }
  switch (kind) {
    case "file":
      return { candidates: [], directives: ["files"] };
    case "folder":
      return { candidates: [], directives: ["folders"] };
    case "signal":
      return plain(signals.map((value) => ({ value })));
    case "variable":
      return plain(Object.keys(process.env).map((value) => ({ value })));
    case "context":
      return plain(await contexts(sources.config));
    case "image":
      return plain(await images(await sources.engine()));
    case "network":
      return plain((await listNetworks(await sources.engine())).map(({ Name, Driver }) => ({ value: Name, description: Driver })));
    case "volume":
      return plain(await volumes(await sources.engine()));
    case "mount-source": {
      const named = await sources
        .engine()
        .then(volumes)
        .catch(() => []);
      return { candidates: named.map(({ value, ...rest }) => ({ ...rest, value: `${value}:` })), directives: ["files", "nospace"] };
    }
    case "capability": {
      const { capabilityNames } = await import("@berth/security");
      return plain(["ALL", ...capabilityNames.map((name) => name.replace("CAP_", ""))].map((value) => ({ value })));
    }
    case "container":
    case "running-container":
    case "stopped-container":
    case "started-container":
    case "paused-container":
      return plain(await containers(await sources.engine(), kind, sources.word));
    case "container-path": {
      const found = await containers(await sources.engine(), "container", sources.word);
      return { candidates: found.map(({ value, ...rest }) => ({ ...rest, value: `${value}:` })), directives: ["nospace"] };
    }
  }
}

function plain(candidates: readonly Candidate[]): Answer {
  return { candidates, directives: [] };
}

const states: Readonly<Record<string, readonly string[]>> = {
  "running-container": ["running", "paused", "restarting"],
  "stopped-container": ["created", "exited"],
  "started-container": ["running", "paused", "restarting", "exited", "dead"],
  "paused-container": ["paused"],
};

async function containers(engine: Connection, kind: string, word: string): Promise<Candidate[]> {
  const status = states[kind];
  const found = await listContainers(engine, { all: true, ...(status === undefined ? {} : { filters: { status } }) });
  const named = found.flatMap((container) => namesOfContainer(container).map((value) => ({ value, description: describe(container) })));
  if (named.some(({ value }) => value.startsWith(word)) || !/^[0-9a-f]{2,64}$/.test(word)) return named;
  const length = Math.max(12, word.length);
  return found.map((container) => ({ value: container.Id.slice(0, length), description: describe(container) }));
}

/** Without the names that links give. */
function namesOfContainer({ Names }: ContainerSummary): string[] {
  return Names.map((name) => name.replace(/^\//, "")).filter((name) => !name.includes("/"));
}

function describe({ Image, Status }: ContainerSummary): string {
  return `${Image}, ${Status}`;
}

async function images(engine: Connection): Promise<Candidate[]> {
  const { formatSize } = await import("@berth/spec");
  const found = await listImages(engine);
  return found.flatMap(({ RepoTags, Size }) => (RepoTags ?? []).map((value) => ({ value, description: formatSize(Size, 3) })));
}

async function volumes(engine: Connection): Promise<Candidate[]> {
  const { Volumes } = await engine.json<{ Volumes: readonly { Name: string; Driver: string }[] | null }>({
    method: "GET",
    path: "/volumes",
  });
  return (Volumes ?? []).map(({ Name, Driver }) => ({ value: Name, description: Driver }));
}

async function contexts(config: CliConfig): Promise<Candidate[]> {
  const [{ listContexts }, { hostOf }] = await Promise.all([import("../context/store/read.ts"), import("../context/store/stored.ts")]);
  const found = await listContexts(config.directory);
  const known = found.flatMap((each) => ("problem" in each ? [] : [{ value: each.name, description: hostOf(each) }]));
  return [{ value: "default", description: "flags, environment, or this machine" }, ...known];
}
