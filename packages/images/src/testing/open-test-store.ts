import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { messageOf, plainSteps, silentLogger, type Steps, systemClock } from "@berth/base";
import { openBlocking, openKernel } from "@berth/linux";
import type { ProgressMessage } from "@berth/spec";
import { openDatabase } from "@berth/store";
import type { StoreLimits } from "../limits.ts";
import { openImageStore } from "../open.ts";
import type { ImageStore } from "../ports.ts";

/** A store on a temporary folder, with the events it sent. */
export interface TestStore extends AsyncDisposable {
  readonly store: ImageStore;
  readonly root: string;
  readonly events: readonly string[];
}

/** Opens a real store (kernel, SQLite) in a folder of its own or in `root`, which is then kept. */
export async function openTestStore(
  options: { readonly root?: string; readonly limits?: StoreLimits; readonly steps?: Steps } = {},
): Promise<TestStore> {
  const root = options.root ?? mkdtempSync(join(tmpdir(), "berth-images-"));
  const database = openDatabase(join(root, "berth.db"));
  const blocking = openBlocking();
  const events: string[] = [];
  const store = openImageStore({
    root: join(root, "images"),
    database,
    kernel: openKernel(),
    blocking,
    events: { emit: (action, id, name) => void events.push(`${action} ${name === id ? "" : name}`.trim()) },
    log: silentLogger(),
    steps: options.steps ?? plainSteps,
    clock: systemClock(),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  await store.recover();
  return {
    store,
    root,
    events,
    async [Symbol.asyncDispose]() {
      await store.close();
      await blocking.close();
      database.close();
      if (options.root === undefined) rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Runs a load or an import to its end; all its messages. */
export async function drain(messages: AsyncIterable<ProgressMessage>): Promise<ProgressMessage[]> {
  const all: ProgressMessage[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

/** Loads an archive given as bytes; the text of its `stream` messages. */
export async function load(store: ImageStore, archive: Uint8Array): Promise<string> {
  const pieces = [];
  for (let at = 0; at < archive.length; at += 65_536) pieces.push(archive.subarray(at, at + 65_536));
  const messages = await drain(store.load(Readable.from(pieces), { quiet: true }));
  return messages.map(({ stream = "" }) => stream).join("");
}

/** Why a promise was rejected, `fulfilled` when it was not. */
export function refusalOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "fulfilled",
    (error: unknown) => messageOf(error),
  );
}
