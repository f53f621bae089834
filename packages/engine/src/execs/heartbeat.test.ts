import { expect, test } from "bun:test";
import { ChunkQueue } from "../testing/chunk-queue.ts";
import { withHeartbeat } from "./heartbeat.ts";

test("empty chunks while nothing comes, everything that comes, and its end", async () => {
  const queue = new ChunkQueue();
  const output = withHeartbeat(queue, 5);
  const read = async (): Promise<string | null> => {
    const { value, done } = await output.next();
    return done === true ? null : Buffer.from(value.bytes).toString();
  };
  expect(await read()).toBe("");
  expect(await read()).toBe("");
  queue.push({ stream: 2, bytes: Buffer.from("one") });
  queue.push({ stream: 1, bytes: Buffer.from("two") });
  const seen: string[] = [];
  for (let text = await read(); seen.length < 2; text = await read()) if (text !== "" && text !== null) seen.push(text);
  expect(seen).toEqual(["one", "two"]);
  queue.end();
  let last = await read();
  while (last === "") last = await read();
  expect(last).toBeNull();
});
