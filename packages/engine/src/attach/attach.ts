import { fail } from "@berth/base";
import { emitContainerEvent } from "../containers/events.ts";
import { type ContainerRecord, isRunning } from "../containers/record.ts";
import type { Core } from "../core.ts";
import { readLogs } from "../logs/read-logs.ts";
import type { AttachSession, Containers, OutputChunk } from "../ports.ts";
import { parseDetachKeys } from "./detach-keys.ts";

type AttachOptions = Parameters<Containers["attach"]>[1];

/**
 * Attaches to a container's streams; to one that does not run yet for its next start. Throws conflict when it is
 * paused or restarting, invalid for bad detach keys.
 */
export async function attachToContainer(core: Core, reference: string, options: AttachOptions): Promise<AttachSession> {
  const detachKeys = parseDetachKeys(options.detachKeys);
  const { id } = core.records.lookup(reference);
  // Under the lock: an attachment is either before a start, and then connected by it, or after.
  return core.locks.run(id, () => {
    const record = core.records.need(id);
    const { status } = record.life;
    if (status === "paused") throw fail("conflict", `container ${reference} is paused, unpause the container before attach`);
    if (status === "restarting") throw fail("conflict", `container ${reference} is restarting, wait until the container is running`);
    const replay = options.logs ? replayOf(core, record, { ...options, untilNs: core.clock.nowNs() }) : null;
    const { Tty, StdinOnce, OpenStdin } = record.config;
    const client = core.hubs.attach(record, {
      client: {
        tty: Tty,
        stdin: options.stdin && OpenStdin && options.stream,
        stdout: options.stdout && options.stream,
        stderr: options.stderr && options.stream,
        closesInput: StdinOnce && !Tty,
        detachKeys,
        replay,
      },
      running: options.stream && isRunning(record),
      detached: () => emitContainerEvent(core, core.records.get(id) ?? record, "detach"),
    });
    if (!options.stream) client.finish();
    emitContainerEvent(core, record, "attach");
    return client;
  });
}

async function* replayOf(
  core: Core,
  record: ContainerRecord,
  options: AttachOptions & { readonly untilNs: bigint },
): AsyncGenerator<OutputChunk, void, undefined> {
  const { entries } = await readLogs(core, record.id, {
    stdout: options.stdout,
    stderr: options.stderr,
    follow: false,
    sinceNs: null,
    untilNs: options.untilNs,
    tail: null,
    signal: new AbortController().signal,
  });
  for await (const block of entries) {
    for (const entry of block) yield { stream: entry.stream === "stdout" ? 1 : 2, bytes: entry.bytes };
  }
}
