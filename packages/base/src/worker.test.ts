import { expect, test } from "bun:test";
import { kindOf } from "./errors.ts";
import { openWorker, pingWorker } from "./worker.ts";

test("a Worker that listens answers a ping", async () => {
  await pingWorker("packages/base/src/testing/echo.worker.ts", 5_000);
});

test("an open Worker takes messages and answers them", async () => {
  const worker = openWorker("packages/base/src/testing/echo.worker.ts");
  const answer = new Promise<unknown>((resolve) => worker.addEventListener("message", (event) => resolve(event.data)));
  worker.postMessage({ kind: "hello", n: 1 });
  expect(await answer).toEqual({ kind: "echo", message: { kind: "hello", n: 1 } });
  worker.terminate();
});

test("a Worker that never answers is a timeout", async () => {
  const error: unknown = await pingWorker("packages/base/src/testing/deaf.worker.ts", 300).catch((thrown: unknown) => thrown);
  expect(kindOf(error)).toBe("timeout");
});

test("a Worker that fails while it loads is told at once, with its reason", async () => {
  const began = performance.now();
  await expect(pingWorker("packages/base/src/testing/broken.worker.ts", 10_000)).rejects.toThrow("this Worker fails while it loads");
  expect(performance.now() - began).toBeLessThan(5_000);
});
