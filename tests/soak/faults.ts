import { writeFileSync } from "node:fs";
import type { Sandbox } from "../harness/sandbox.ts";
import type { RunningEngine } from "../harness/engines.ts";
import type { KeptContainers } from "./kept.ts";
import { monitorsOf, processesOf } from "./processes.ts";
import type { Random } from "./random.ts";

/** What a fault works with. */
export interface FaultScene {
  readonly sandbox: Sandbox;
  readonly engine: () => RunningEngine;
  readonly random: Random;
  readonly kept: KeptContainers;
  /** The file that turns the daemon's clock: milliseconds that are added to the machine's. */
  readonly clockFile: string;
  /** Kills the daemon and starts another on its data. */
  readonly restart: (meanwhile: () => Promise<void>) => Promise<void>;
}

/** Something bad that happens while containers come and go. It returns when its cause has ended. */
export type Fault = (scene: FaultScene) => Promise<void>;

const hourMs = 3_600_000;

/** The faults that are drawn from. */
export const faults: Readonly<Record<string, Fault>> = {
  "daemon killed": ({ restart }) => restart(() => Promise.resolve()),
  "daemon killed, and a monitor before the next": (scene) => scene.restart(() => killMonitor(scene)),
  "monitor killed": killMonitor,
  async "runtime killed"({ sandbox, random }) {
    // Whichever is next to be seen: at any moment of a create or an exec.
    for (const end = Date.now() + 2000; Date.now() < end; await Bun.sleep(random.below(5))) {
      const seen = processesOf(sandbox, "crun");
      if (seen.length === 0) continue;
      kill(random.pick(seen).pid);
      return;
    }
  },
  async "disk full"({ sandbox, engine, random }) {
    const { dataRoot } = engine();
    await fill(sandbox, dataRoot);
    await Bun.sleep(random.below(600));
    await empty(sandbox, dataRoot);
  },
  async "disk full twice"({ sandbox, engine, random }) {
    const { dataRoot } = engine();
    for (const pauseMs of [random.below(300), random.below(1200)]) {
      await fill(sandbox, dataRoot);
      await Bun.sleep(pauseMs);
      await empty(sandbox, dataRoot);
      await Bun.sleep(random.below(200));
    }
  },
  async "disk full while the daemon starts"({ sandbox, engine, restart, random }) {
    const { dataRoot } = engine();
    await restart(async () => {
      await fill(sandbox, dataRoot);
      setTimeout(() => void empty(sandbox, dataRoot), random.below(1500));
    });
    await empty(sandbox, dataRoot);
  },
  async "clock set forward"({ clockFile, random }) {
    writeFileSync(clockFile, String(random.below(48) * hourMs));
  },
  async "clock set back"({ clockFile, random }) {
    writeFileSync(clockFile, String(-random.below(48) * hourMs));
  },
};

async function killMonitor({ sandbox, random, kept }: FaultScene): Promise<void> {
  const monitors = [...monitorsOf(sandbox)];
  if (monitors.length === 0) return;
  const [id, pid] = random.pick(monitors);
  kept.monitorKilled(id, pid);
  kill(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It was faster.
  }
}

async function fill(sandbox: Sandbox, folder: string): Promise<void> {
  await sandbox.run(["sh", "-c", `cat /dev/zero > ${folder}/ballast 2>/dev/null; sync -f ${folder}`]);
}

async function empty(sandbox: Sandbox, folder: string): Promise<void> {
  // ext4 gives blocks away again when its journal has forgotten them.
  await sandbox.run(["sh", "-c", `rm -f ${folder}/ballast; sync -f ${folder}`]);
}
