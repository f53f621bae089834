import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { stockCli } from "./engines/open.ts";
import { timeCommand } from "./kit/command.ts";
import { openFloorServer } from "./kit/floor-server.ts";
import { median } from "./kit/statistics.ts";

const commands: Readonly<Record<string, readonly string[]>> = {
  run: ["run", "--rm", "busybox", "true"],
  exec: ["exec", "idle", "true"],
  ps: ["ps"],
};

/** What the stock CLI takes by itself: medians of its commands against a server that does nothing. */
export async function measureFloor(rounds: number): Promise<Readonly<Record<string, number>>> {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-bench-floor-"));
  const server = await openFloorServer(`${folder}/engine.sock`);
  try {
    const floor: Record<string, number> = {};
    for (const [name, args] of Object.entries(commands)) {
      const times: number[] = [];
      for (let round = 0; round < rounds; round++)
        times.push((await timeCommand([stockCli(), "-H", `unix://${server.socket}`, ...args])).ms);
      floor[name] = median(times);
    }
    return floor;
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
