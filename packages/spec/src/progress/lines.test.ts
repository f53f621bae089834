import { expect, test } from "bun:test";
import { progressError, progressLine } from "./lines.ts";

test("a message is one line ended by CR LF", () => {
  expect(progressLine({ stream: "Loaded image: busybox:latest\n" })).toBe('{"stream":"Loaded image: busybox:latest\\n"}\r\n');
});

test("an error has both the new and the old field", () => {
  expect(progressLine(progressError("boom"))).toBe('{"errorDetail":{"message":"boom"},"error":"boom"}\r\n');
});
