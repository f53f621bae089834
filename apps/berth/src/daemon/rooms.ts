import { readFileSync } from "node:fs";
import { type Clock, fail, type Logger, messageOf, type Steps } from "@berth/base";
import { defaultSettings, type EngineSettings, openEngine, readHost, type RunningEngine } from "@berth/engine";
import { type ImageStore, openImageStore } from "@berth/images";
import { compileSeccomp, type Kernel, openBlocking, openCgroups, openCounters, openNetlink, openNftables } from "@berth/linux";
import { type Networks, openNetworks } from "@berth/network";
import { findInit, openRuntime } from "@berth/runtime";
import { openSecurity, parseSeccompProfile, type SecurityFacts } from "@berth/security";
import { openDatabase } from "@berth/store";
import type { BuildInfo } from "../build-info.ts";
import { imageEventRelay } from "./image-events.ts";
import type { DaemonOptions } from "./options/options.ts";
import { hostFromEnvironment } from "./test-host.ts";

/** The rooms of a running daemon, and how they are closed again. */
export interface OpenRooms {
  readonly engine: RunningEngine;
  readonly images: ImageStore;
  readonly networks: Networks;
  /** Takes over what may change while running. */
  reload(options: DaemonOptions): void;
  /** Closes what is open, the last first. Containers are stopped before unless they live on. */
  close(): Promise<void>;
}

/** Settings of the engine from the daemon's options; `foundInit` is what `--init` runs when the options name nothing. */
function engineSettings(options: DaemonOptions, build: BuildInfo, foundInit: string | null): EngineSettings {
  return {
    ...defaultSettings({ serverVersion: build.version, gitCommit: build.commit, buildTime: build.buildTime }),
    liveRestore: options.liveRestore,
    shutdownTimeoutS: options.shutdownTimeoutS,
    labels: options.labels,
    dns: options.network.dns,
    dnsOptions: options.network.dnsOptions,
    dnsSearch: options.network.dnsSearch,
    shmSizeBytes: options.shmSizeBytes,
    logDriver: options.logDriver,
    logOptions: options.logOptions,
    init: options.init,
    initPath: options.initPath ?? foundInit,
    cgroupParent: options.cgroupParent,
    defaultIpcMode: options.defaultIpcMode,
    defaultCgroupnsMode: options.defaultCgroupnsMode,
    defaultUlimits: options.defaultUlimits,
    insecureRegistries: options.insecureRegistries,
    registryMirrors: options.registryMirrors,
    debug: options.logLevel === "debug",
    backoff: options.backoff,
  };
}

/**
 * Opens every room in order and lets each recover what the last daemon left. When one fails, those that are open are closed again.
 * @throws what a room throws, with the room's words
 */
export async function openRooms(context: {
  readonly options: DaemonOptions;
  readonly build: BuildInfo;
  readonly kernel: Kernel;
  readonly log: Logger;
  readonly steps: Steps;
  readonly clock: Clock;
}): Promise<OpenRooms> {
  const { options, build, kernel, steps, clock, log } = context;
  const { dataRoot, execRoot } = options;
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) {
      try {
        await closer();
      } catch (error) {
        log.warn("a room did not close cleanly", { error });
      }
    }
  };
  const roomLog = (room: string): Logger => log.with({ room });
  try {
    const database = openDatabase(`${dataRoot}/berth.db`);
    closers.push(() => database.close());
    const blocking = openBlocking();
    closers.push(() => blocking.close());
    const cgroups = openCgroups({ kernel, blocking, log: roomLog("linux") });
    const mounted = await cgroups.completeHybrid();
    if (mounted.length > 0) log.info("mounted missing cgroup controllers", { controllers: mounted });
    const netlink = openNetlink();
    closers.push(() => netlink.close());
    const nftables = openNftables();
    closers.push(() => nftables.close());

    const relay = imageEventRelay();
    const images = openImageStore({
      root: `${dataRoot}/images`,
      database,
      kernel,
      blocking,
      events: relay,
      log: roomLog("images"),
      steps,
      clock,
    });
    closers.push(() => images.close());
    await steps.run("recover.images", () => images.recover());

    const { bridge, bip, mtu, interContainer, masquerade, ipForward, publishAddress } = options.network;
    const networks = openNetworks({
      execRoot,
      database,
      kernel,
      blocking,
      netlink,
      nftables,
      log: roomLog("network"),
      steps,
      clock,
      bridge: { name: bridge, bip, mtu, icc: interContainer, ipMasquerade: masquerade, ipForward, defaultHostIp: publishAddress },
    });
    closers.push(() => networks.close());
    await steps.run("recover.bridge", () => networks.open());

    const runtime = await openRuntime({
      execRoot,
      kernel,
      blocking,
      cgroups,
      log: roomLog("runtime"),
      steps,
      clock,
      runtimes: options.runtimes,
      defaultRuntime: options.defaultRuntime,
      compileSeccomp,
      monitorCgroup: `${options.cgroupParent}/monitors`,
    });
    closers.push(() => runtime.close());

    const foundInit = findInit();
    const engine = await openEngine({
      dataRoot,
      execRoot,
      database,
      kernel,
      blocking,
      cgroups,
      counters: openCounters(),
      images,
      networks,
      runtime,
      security: openSecurity(securityFacts(options)),
      log: roomLog("engine"),
      steps,
      clock,
      settings: engineSettings(options, build, foundInit),
      host: hostFromEnvironment(process.env, readHost()),
    });
    relay.connect(engine.imageEvents);
    closers.push(() => engine.shutdown());
    return { engine, images, networks, close, reload: (next) => engine.reload(engineSettings(next, build, foundInit)) };
  } catch (error) {
    await close();
    throw error;
  }
}

function securityFacts(options: DaemonOptions): Partial<SecurityFacts> {
  const facts = { noNewPrivileges: options.noNewPrivileges };
  const { seccompProfile } = options;
  if (seccompProfile === null) return facts;
  if (seccompProfile === "unconfined") return { ...facts, seccompProfile: "unconfined" };
  try {
    return { ...facts, seccompProfile: parseSeccompProfile(readFileSync(seccompProfile, "utf8")) };
  } catch (error) {
    throw fail("invalid", `the seccomp profile ${seccompProfile} cannot be used: ${messageOf(error)}`, error);
  }
}
