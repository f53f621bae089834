import { fail } from "./errors.ts";

/**
 * Opens a Worker by its source file's path from the repository's root, for example
 * `packages/linux/src/blocking/blocking.worker.ts`. Run from source that file is loaded; in `dist/berth` it is an
 * entry point of the executable. The path is absolute either way: a relative one could be taken
 * from the current folder, which root must never run code from.
 *
 * Every Worker answers `{kind: "ping"}` with `{kind: "pong"}`, which tells that it has loaded and listens.
 */
export function openWorker(path: string): Worker {
  const compiled = import.meta.url.startsWith("file:///$bunfs/");
  const url = compiled ? `/$bunfs/root/${path.replace(/\.ts$/, ".js")}` : new URL(`../../../${path}`, import.meta.url).href;
  const worker = new Worker(url);
  worker.unref();
  return worker;
}

/**
 * Opens a Worker, waits for its answer to `{kind: "ping"}` and ends it.
 * @param path as {@link openWorker} takes it
 * @throws BerthError `internal` when the Worker does not load, `timeout` when it does not answer
 */
export async function pingWorker(path: string, timeoutMs: number): Promise<void> {
  const worker = openWorker(path);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(fail("timeout", `Worker ${path} did not answer within ${timeoutMs} ms`)), timeoutMs);
      worker.addEventListener("error", (event) => reject(fail("internal", `Worker ${path} failed: ${event.message}`)));
      worker.addEventListener("close", () => reject(fail("internal", `Worker ${path} ended before it answered`)));
      worker.addEventListener("message", (event: MessageEvent<unknown>) => {
        if (kindOfMessage(event.data) === "pong") resolve();
      });
      worker.postMessage({ kind: "ping" });
    });
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}

function kindOfMessage(message: unknown): unknown {
  return typeof message === "object" && message !== null && "kind" in message ? message.kind : undefined;
}
