import { expect, test } from "bun:test";
import { FrameParser, frame, frameHeader } from "./frame.ts";

const text = new TextEncoder();

test("a frame is its header and its payload", () => {
  expect([...frameHeader(2, 258)]).toEqual([2, 0, 0, 0, 0, 0, 1, 2]);
  expect([...frame(1, text.encode("ab"))]).toEqual([1, 0, 0, 0, 0, 0, 0, 2, 97, 98]);
});

test("the parser gives every byte back to its stream, however the bytes are cut", () => {
  const whole = Buffer.concat([
    frame(1, text.encode("out one")),
    frame(2, new Uint8Array()),
    frame(2, text.encode("err")),
    frame(1, text.encode("two")),
  ]);
  for (let size = 1; size <= whole.length; size++) {
    const parser = new FrameParser();
    const got: Record<number, string> = { 1: "", 2: "" };
    for (let at = 0; at < whole.length; at += size) {
      for (const piece of parser.push(whole.subarray(at, at + size))) got[piece.stream] += Buffer.from(piece.bytes).toString();
    }
    expect(got).toEqual({ 1: "out onetwo", 2: "err" });
    expect(parser.complete).toBe(true);
  }
});

test("an unknown stream is refused and a cut frame is seen", () => {
  expect(() => new FrameParser().push(Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 1))).toThrow("unrecognized stream: 9");
  const parser = new FrameParser();
  parser.push(frame(1, text.encode("abc")).subarray(0, 10));
  expect(parser.complete).toBe(false);
});
