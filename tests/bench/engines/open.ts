import { existsSync } from "node:fs";
import { buildBusyboxImage } from "../../harness/busybox-image.ts";
import { berthCommand, dockerCliPath, dockerdPath, loadImage, type RunningEngine, startBerth, startDocker } from "../../harness/engines.ts";
import { podmanPath, startPodman } from "../../harness/podman.ts";
import { openSandbox, type Sandbox } from "../../harness/sandbox.ts";
import { type Engine, type EngineKind, engineNames } from "./engine.ts";

/** An engine that could not be measured at all, and why. */
export interface Missing {
  readonly kind: EngineKind;
  readonly reason: string;
}

/** The stock docker CLI that talks to all engines: the newest on this machine. */
export function stockCli(): string {
  return ["/usr/local/bin/docker", dockerCliPath() ?? ""].find((file) => existsSync(file)) ?? "docker";
}

/** Whether the programs of an engine are installed. */
export function isInstalled(kind: EngineKind): boolean {
  return { berth: () => true, docker: () => dockerdPath() !== null, podman: () => podmanPath() !== null }[kind]();
}

/** Opens engines side by side, each in a sandbox of its own. One that does not start is among the missing; the others go on. */
export async function openEngines(
  kinds: readonly EngineKind[],
): Promise<{ readonly engines: readonly Engine[]; readonly missing: readonly Missing[] }> {
  const image = buildBusyboxImage("busybox:latest").archive;
  const engines: Engine[] = [];
  const missing: Missing[] = [];
  for (const kind of kinds) {
    try {
      engines.push(await openEngine(kind, image));
    } catch (error) {
      missing.push({ kind, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { engines, missing };
}

async function openEngine(kind: EngineKind, image: Uint8Array): Promise<Engine> {
  const sandbox = await openSandbox(`bench-${kind}`);
  try {
    const running = await start[kind](sandbox);
    await loadImage(running, image);
    const { Version } = (await running.api.get("/version")).json<{ Version: string }>();
    return {
      kind,
      version: `${engineNames[kind]} ${Version}`,
      api: running.api,
      socket: running.socket,
      sandbox,
      ownCli: ownCli[kind](`unix://${running.socket}`),
      close: () => sandbox.close(),
    };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

const start: Readonly<Record<EngineKind, (sandbox: Sandbox) => Promise<RunningEngine>>> = {
  berth: (sandbox) => startBerth(sandbox),
  docker: (sandbox) => startDocker(sandbox),
  podman: (sandbox) => startPodman(sandbox),
};

const ownCli: Readonly<Record<EngineKind, (address: string) => readonly string[]>> = {
  berth: (address) => [berthCommand(), "-H", address],
  docker: (address) => [stockCli(), "-H", address],
  podman: (address) => [podmanPath() ?? "podman", "--url", address],
};
