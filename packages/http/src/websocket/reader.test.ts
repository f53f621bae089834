import { expect, test } from "bun:test";
import fc from "fast-check";
import { closeCodeOf, encodeFrame, opcodes, WebSocketError } from "./frame.ts";
import { readFrames } from "./reader.ts";

/** What a client would send: a server's frame with the mask bit and a mask. */
function masked(opcode: number, payload: Uint8Array, final = true): Buffer {
  const plain = Buffer.from(encodeFrame(opcode, payload));
  const headBytes = plain.length - payload.length;
  plain[0] = (final ? 0x80 : 0) | opcode;
  plain[1] = (plain[1] ?? 0) | 0x80;
  const mask = Buffer.from([9, 8, 7, 6]);
  return Buffer.concat([plain.subarray(0, headBytes), mask, payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0))]);
}

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, size: number): Promise<{ data: Buffer; control: string[] }> {
  const data: Uint8Array[] = [];
  const control: string[] = [];
  for await (const received of readFrames(cut(bytes, size))) {
    if (received.kind === "data") data.push(received.bytes);
    else control.push(`${received.kind} ${Buffer.from(received.bytes).toString("hex")}`);
  }
  return { data: Buffer.concat(data), control };
}

test("messages survive however they are cut, with pings between their pieces", async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 400 }), async (parts, size) => {
      const frames = parts.map((part, index) =>
        masked(index === 0 ? opcodes.binary : opcodes.continuation, part, index === parts.length - 1),
      );
      const bytes = Buffer.concat(frames.flatMap((frame) => [frame, masked(opcodes.ping, Uint8Array.of(1))]));
      const { data, control } = await read(bytes, size);
      expect(data.equals(Buffer.concat(parts))).toBe(true);
      expect(control).toEqual(parts.map(() => "ping 01"));
    }),
    { numRuns: 60 },
  );
});

test("long frames are handed on in pieces, and whatever bytes come, the reader ends or refuses", async () => {
  const long = Buffer.alloc(200_000, 7);
  expect((await read(masked(opcodes.text, long), 65_536)).data.equals(long)).toBe(true);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.integer({ min: 1, max: 64 }), async (bytes, size) => {
      try {
        await read(bytes, size);
      } catch (error) {
        expect(error).toBeInstanceOf(WebSocketError);
      }
    }),
  );
});

test.each([
  [[], 1005],
  [[0x03, 0xe8], 1000],
  [[0x0b, 0xb8, 0x61], 3000],
])("the close payload %j says %i", (payload, code) => {
  expect(closeCodeOf(Uint8Array.from(payload))).toBe(code);
});

test.each([[[1]], [[0x03, 0xed]], [[0x00, 0x01]], [[0xff, 0xff]]])("the close payload %j is refused", (payload) => {
  expect(() => closeCodeOf(Uint8Array.from(payload))).toThrow(WebSocketError);
});
