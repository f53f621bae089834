import { expect, test } from "bun:test";
import { untilAllEnded } from "./async.ts";

test("a failure is told when all the rest has ended too", async () => {
  let ended = 0;
  const slow = async (): Promise<void> => {
    await Bun.sleep(20);
    ended++;
  };
  const failure = await untilAllEnded([slow(), Promise.reject(new Error("first")), slow(), Promise.reject(new Error("second"))]).catch(
    (error: unknown) => error,
  );
  expect(String(failure)).toBe("Error: first");
  expect(ended).toBe(2);
  await untilAllEnded([slow()]);
  expect(ended).toBe(3);
});
