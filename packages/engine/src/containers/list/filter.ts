import { fail } from "@berth/base";
import type { Filters } from "@berth/spec";
import type { Core } from "../../core.ts";
import type { ContainerRecord } from "../record.ts";
import { idleEndpoints } from "../inspect.ts";
import { isRunning } from "../record.ts";
import { timeMs } from "../time.ts";
import { matchesLabels } from "./label-match.ts";
import { patternTest } from "./pattern.ts";
import { portSummaries } from "./ports.ts";

const known: ReadonlySet<string> = new Set([
  "ancestor",
  "annotation",
  "before",
  "exited",
  "expose",
  "health",
  "id",
  "is-task",
  "isolation",
  "label",
  "name",
  "network",
  "publish",
  "since",
  "status",
  "volume",
]);
const statuses: readonly string[] = ["created", "running", "paused", "restarting", "removing", "exited", "dead"];
const healths: readonly string[] = ["none", "starting", "healthy", "unhealthy"];

/** What ps's filters ask for: a test for each container and bounds by age. */
export interface ListFilter {
  readonly matches: (record: ContainerRecord) => boolean;
  /** Containers older than this one, or null. */
  readonly before: ContainerRecord | null;
  /** Containers newer than this one, or null. */
  readonly since: ContainerRecord | null;
  /** A status was asked for: containers that do not run count too. */
  readonly all: boolean;
}

/** Reads filters with Docker's words for bad ones. Throws invalid, and not-found for the container of before and since. */
export function listFilter(core: Pick<Core, "records" | "images">, filters: Filters): ListFilter {
  for (const key of Object.keys(filters)) if (!known.has(key)) throw fail("invalid", `Invalid filter '${key}'`);
  const values = (key: string): readonly string[] => filters[key] ?? [];
  const exited = values("exited").map((value) => {
    if (!/^[+-]?\d+$/.test(value)) {
      throw fail("invalid", `invalid filter 'exited=${value}': strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
    }
    return Number(value);
  });
  checkWords("status", values("status"), statuses);
  checkWords("health", values("health"), healths);
  const isTask = values("is-task").some((value) => ["1", "true"].includes(value));
  const tests: ((record: ContainerRecord) => boolean)[] = [];
  const anyOf = (key: string, test: (value: string) => (record: ContainerRecord) => boolean): void => {
    const list = values(key).map(test);
    if (list.length > 0) tests.push((record) => list.some((one) => one(record)));
  };
  anyOf("id", (value) => (record) => record.id.startsWith(value));
  anyOf("name", (value) => {
    const test = patternTest(value);
    return (record) => test(`/${record.name}`) || test(record.name);
  });
  anyOf("status", (value) => (record) => record.life.status === value);
  anyOf("health", (value) => (record) => (record.health?.status ?? "none") === value);
  anyOf("ancestor", (value) => ancestorTest(core, value));
  anyOf("network", networkTest);
  anyOf(
    "volume",
    (value) => (record) => record.mounts.some((mount) => mount.destination === value || (mount.name || mount.source) === value),
  );
  anyOf(
    "isolation",
    (value) => (record) => record.hostConfig.Isolation === value || (value === "default" && record.hostConfig.Isolation === ""),
  );
  anyOf("publish", (value) => portTest("publish", value));
  anyOf("expose", (value) => portTest("expose", value));
  if (values("label").length > 0) tests.push((record) => matchesLabels(values("label"), record.config.Labels));
  if (values("annotation").length > 0) tests.push((record) => matchesLabels(values("annotation"), record.hostConfig.Annotations ?? {}));
  // No container of ours belongs to a swarm task.
  if (isTask) tests.push(() => false);
  if (exited.length > 0) {
    tests.push((record) => !isRunning(record) && timeMs(record.startedAt) > 0 && exited.includes(record.exitCode));
  }
  return {
    matches: (record) => tests.every((test) => test(record)),
    before: bound(core, values("before")),
    since: bound(core, values("since")),
    all: values("status").length > 0,
  };
}

function checkWords(key: string, values: readonly string[], allowed: readonly string[]): void {
  for (const value of values) {
    if (allowed.includes(value)) continue;
    throw fail("invalid", `Invalid filter '${key}=${value}'`);
  }
}

function bound(core: Pick<Core, "records">, values: readonly string[]): ContainerRecord | null {
  const last = values.at(-1);
  return last === undefined ? null : core.records.lookup(last);
}

function ancestorTest(core: Pick<Core, "images">, reference: string): (record: ContainerRecord) => boolean {
  try {
    const { id } = core.images.resolve(reference);
    return (record) => record.imageId === id;
  } catch {
    // As in Docker an unknown ancestor has no descendants.
    return () => false;
  }
}

function networkTest(value: string): (record: ContainerRecord) => boolean {
  return (record) => {
    const networks = isRunning(record) && record.network !== null ? record.network.Networks : idleEndpoints(record);
    return (
      Object.hasOwn(networks, value) || (value !== "" && Object.values(networks).some((network) => network.NetworkID.startsWith(value)))
    );
  };
}

function portTest(key: "publish" | "expose", value: string): (record: ContainerRecord) => boolean {
  if (value.includes(":")) throw fail("invalid", `filter for '${key}' should not contain ':': ${value}`);
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/.exec(value);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || first > 65535 || last > 65535 || first > last) {
    throw fail("invalid", `error while looking up for ${key} ${value}: invalid port specification`);
  }
  const protocol = match[3] ?? "tcp";
  return (record) =>
    portSummaries(record).some((port) => {
      const number = key === "publish" ? port.PublicPort : port.PrivatePort;
      return number !== undefined && port.Type === protocol && number >= first && number <= last;
    });
}
