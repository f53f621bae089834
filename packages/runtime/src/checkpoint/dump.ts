import path from "node:path";
import { fail } from "@berth/base";
import { bundleFiles, type Layout } from "../layout.ts";
import { spawnAndWait } from "../oci/run.ts";
import { findProcesses } from "../oci/stray.ts";
import { criuReason } from "./criu.ts";

/** Gigabytes of memory take a while to be written. */
const DUMP_TIMEOUT_MS = 15 * 60_000;
const STRAY_POLL_MS = 50;

/** criu's log beside its images. */
export const dumpLog = "dump.log";

/**
 * Lets runc have criu write the processes of a container into a folder. After a failure they run on.
 * @throws internal with criu's reason
 */
export async function dumpContainer(options: {
  readonly runtimePath: string;
  readonly layout: Layout;
  readonly id: string;
  readonly folder: string;
  readonly leaveRunning: boolean;
}): Promise<void> {
  const { runtimePath, layout, id, folder } = options;
  const leave = options.leaveRunning ? ["--leave-running"] : [];
  const command = [
    runtimePath,
    "--root",
    layout.state,
    "checkpoint",
    "--image-path",
    folder,
    "--work-path",
    folder,
    "--file-locks",
    ...leave,
    id,
  ];
  const result = await spawnAndWait(command, DUMP_TIMEOUT_MS);
  if (result.exitCode === 0) return;
  throw fail("internal", (await criuReason(path.join(folder, dumpLog))) ?? firstLine(result.error));
}

/** The log that criu writes while a container is restored. */
export function restoreLog(layout: Layout, id: string): string {
  return path.join(bundleFiles(layout, id).folder, "restore.log");
}

/** Waits until no runtime that an ended daemon started is at work on a checkpoint of the container any more. */
export async function awaitStrayDump(layout: Layout, id: string): Promise<void> {
  const until = performance.now() + DUMP_TIMEOUT_MS;
  while (findProcesses(layout).some((each) => each.id === id && each.dumps) && performance.now() < until) await Bun.sleep(STRAY_POLL_MS);
}

function firstLine(text: string): string {
  const line = text.split("\n").find((each) => each.trim() !== "") ?? "";
  return line === ""
    ? "the runtime ended without giving a reason; it may have been killed"
    : line.trim().replace(/^time="[^"]*" level=\w+ msg=/, "");
}
