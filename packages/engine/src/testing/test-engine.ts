import { type Clock, fail, plainSteps, silentLogger, type Steps, systemClock } from "@berth/base";
import { type Blocking, type Cgroups, type Counters, type Kernel, openBlocking, openCgroups, openCounters, openKernel } from "@berth/linux";
import type { EventMessage, ImageExecutionConfig } from "@berth/spec";
import { openSecurity } from "@berth/security";
import { type Database, openDatabase } from "@berth/store";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine, type RunningEngine } from "../open-engine.ts";
import { defaultSettings, type EngineSettings, type HostSnapshot } from "../settings.ts";
import { readHost } from "../system/host.ts";
import { FakeImages } from "./fake-images.ts";
import { FakeNetworks } from "./fake-networks.ts";
import { FakeRuntime } from "./fake-runtime.ts";

/** An engine over the real kernel (overlay, files, SQLite) with a runtime, a network and an image store in memory. */
export interface TestEngine extends AsyncDisposable {
  engine: RunningEngine;
  readonly root: string;
  readonly runtime: FakeRuntime;
  readonly networks: FakeNetworks;
  readonly images: FakeImages;
  /** `type action` of all events so far. */
  readonly events: string[];
  /** Whole events so far. */
  readonly messages: EventMessage[];
  /** Ends the engine's life as kill -9 would, and opens another on the same roots. */
  restart(change?: { readonly host?: Partial<HostSnapshot>; readonly steps?: Steps }): Promise<void>;
}

interface TestOptions {
  readonly image?: ImageExecutionConfig;
  readonly settings?: Partial<EngineSettings>;
  readonly steps?: Steps;
  /** Takes the place of control groups that do nothing. */
  readonly cgroups?: Partial<Cgroups>;
  readonly counters?: Partial<Counters>;
}

/** Opens a {@link TestEngine}; `await using` removes everything again. Needs root. */
export async function openTestEngine(options: TestOptions = {}): Promise<TestEngine> {
  const root = mkdtempSync(join(tmpdir(), "berth-engine-"));
  const layer = join(root, "layer");
  mkdirSync(join(layer, "etc"), { recursive: true });
  mkdirSync(join(layer, "filled"));
  writeFileSync(join(layer, "filled", "file"), "of the image\n");
  writeFileSync(join(layer, "etc", "passwd"), "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n");
  const clock = systemClock();
  const runtime = new FakeRuntime(() => clock.nowNs());
  const world = {
    root,
    clock,
    runtime,
    networks: new FakeNetworks(),
    images: new FakeImages({ layer, ...(options.image === undefined ? {} : { config: options.image }) }),
  };
  const blocking = openBlocking();
  const messages: EventMessage[] = [];
  let life = await openLife({ ...world, blocking, messages, options, host: {} });
  const test: TestEngine = {
    engine: life.engine,
    ...world,
    messages,
    get events() {
      return messages.map((message) => `${message.Type} ${message.Action}`);
    },
    async restart(change = {}) {
      life.end();
      const steps = change.steps ?? options.steps;
      life = await openLife({
        ...world,
        blocking,
        messages,
        options: { ...options, ...(steps === undefined ? {} : { steps }) },
        host: change.host ?? {},
      });
      test.engine = life.engine;
    },
    async [Symbol.asyncDispose]() {
      for (const summary of await life.engine.containers.list({ all: true, limit: 0, size: false, filters: {} })) {
        await life.engine.containers.remove(summary.Id, { force: true, volumes: true, link: false });
      }
      await life.engine.shutdown();
      life.end();
      await blocking.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
  return test;
}

interface LifeOptions {
  readonly root: string;
  readonly clock: Clock;
  readonly runtime: FakeRuntime;
  readonly networks: FakeNetworks;
  readonly images: FakeImages;
  readonly blocking: Blocking;
  readonly messages: EventMessage[];
  readonly options: TestOptions;
  readonly host: Partial<HostSnapshot>;
}

async function openLife(parts: LifeOptions): Promise<{ readonly engine: RunningEngine; readonly end: () => void }> {
  const { root, runtime, blocking, options } = parts;
  const kernel = fakeProcesses(openKernel(), runtime);
  const database: Database = openDatabase(join(root, "berth.db"));
  const settings = {
    ...defaultSettings({ serverVersion: "0", gitCommit: "0", buildTime: "" }),
    cgroupParent: `/berth-test-${process.pid}`,
    ...options.settings,
  };
  const engine = await openEngine({
    dataRoot: root,
    execRoot: join(root, "exec"),
    database,
    kernel,
    blocking,
    cgroups: { ...quietCgroups(openCgroups({ kernel, blocking, log: silentLogger() })), ...options.cgroups },
    counters: { ...openCounters(), ...options.counters },
    images: parts.images,
    networks: parts.networks,
    runtime,
    security: openSecurity(),
    log: silentLogger(),
    steps: options.steps ?? plainSteps,
    clock: parts.clock,
    settings,
    host: { ...readHost(), ...parts.host },
  });
  const stop = new AbortController();
  void collect(engine, parts.messages, stop.signal);
  return {
    engine,
    end: () => {
      stop.abort();
      void runtime.close();
      database.close();
    },
  };
}

async function collect(engine: RunningEngine, into: EventMessage[], signal: AbortSignal): Promise<void> {
  for await (const message of engine.events.subscribe({ sinceNs: null, untilNs: null, filters: {}, signal })) into.push(message);
}

// Processes of the fake runtime are no processes of the kernel: their descriptors are negative numbers.
function fakeProcesses(kernel: Kernel, runtime: FakeRuntime): Kernel {
  return {
    ...kernel,
    pidfdOpen: (pid) => (runtime.alive(pid) ? -pid : null),
    pidfdSendSignal: (fd, signal) => runtime.signal(-fd, signal),
    close: (fd) => {
      if (fd >= 0) kernel.close(fd);
    },
  };
}

// There are no groups for processes that do not exist.
function quietCgroups(cgroups: Cgroups): Cgroups {
  return {
    version: cgroups.version,
    controllers: cgroups.controllers,
    completeHybrid: () => Promise.resolve([]),
    readyMoves: () => Promise.resolve(),
    create: () => undefined,
    enter: () => undefined,
    createMark: () => undefined,
    enterMark: () => true,
    enterBesideMarks: () => undefined,
    removeMark: () => true,
    processes: () => [process.pid],
    pathsOf: () => null,
    freeze: () => Promise.resolve(),
    kill: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    limit: () => Promise.resolve(),
    offers: () => true,
    sampler: () => ({ sample: () => null, close: () => undefined }),
    usage: () => ({ cpuNs: null, memoryBytes: null, pids: null, oomKills: null, underOom: null }),
  };
}

/** Waits until something holds; throws after two seconds. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let left = 200; left > 0; left--) {
    if (holds()) return;
    await Bun.sleep(10);
  }
  throw fail("timeout", `it did not come to this: ${what}`);
}
