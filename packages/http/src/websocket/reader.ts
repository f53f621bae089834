import { opcodes, WebSocketError } from "./frame.ts";

/** What a client sent: a piece of a message, which may be of any length, or a whole control frame of at most 125 bytes. */
export type Received =
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "close" | "ping" | "pong"; readonly bytes: Uint8Array };

interface Head {
  readonly opcode: number;
  readonly final: boolean;
  readonly length: number;
  readonly mask: Uint8Array;
}

const controlMax = 125;
const controlNames = new Map<number, "close" | "ping" | "pong">([
  [opcodes.close, "close"],
  [opcodes.ping, "ping"],
  [opcodes.pong, "pong"],
]);

/**
 * Takes a client's frames apart (RFC 6455, 5.2). Data is handed on as it arrives, so that a frame of any length costs no memory;
 * nothing but heads and control frames is kept.
 * @throws WebSocketError at the first breach of the protocol
 */
export async function* readFrames(input: AsyncIterable<Uint8Array>): AsyncGenerator<Received, void, undefined> {
  let waiting: Uint8Array = new Uint8Array(0);
  let head: Head | null = null;
  let done = 0;
  let within = false;
  for await (const chunk of input) {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    for (;;) {
      if (head === null) {
        const parsed = parseHead(waiting);
        if (parsed === null) break;
        head = parsed.head;
        checkOrder(head, within);
        waiting = waiting.subarray(parsed.bytes);
        done = 0;
      }
      const control = controlNames.get(head.opcode);
      if (control !== undefined) {
        if (waiting.length < head.length) break;
        yield { kind: control, bytes: unmask(waiting.subarray(0, head.length), head.mask, 0) };
        waiting = waiting.subarray(head.length);
      } else {
        const piece = waiting.subarray(0, Math.min(waiting.length, head.length - done));
        if (piece.length > 0) yield { kind: "data", bytes: unmask(piece, head.mask, done) };
        done += piece.length;
        waiting = waiting.subarray(piece.length);
        if (done < head.length) break;
        within = !head.final;
      }
      head = null;
    }
  }
}

function parseHead(bytes: Uint8Array): { readonly head: Head; readonly bytes: number } | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const [first, second] = view;
  if (first === undefined || second === undefined) return null;
  if ((first & 0x70) !== 0) throw new WebSocketError("a frame with reserved bits");
  if ((second & 0x80) === 0) throw new WebSocketError("a frame that is not masked");
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headBytes = 2 + lengthBytes + 4;
  const opcode = first & 0x0f;
  const final = (first & 0x80) !== 0;
  checkOpcode(opcode, final, short);
  if (view.length < headBytes) return null;
  return {
    head: { opcode, final, length: lengthOf(view, short), mask: Uint8Array.from(view.subarray(headBytes - 4, headBytes)) },
    bytes: headBytes,
  };
}

function lengthOf(view: Buffer, short: number): number {
  if (short < 126) return short;
  const length = short === 126 ? view.readUInt16BE(2) : Number(view.readBigUInt64BE(2));
  if (length < (short === 126 ? 126 : 65_536)) throw new WebSocketError("a length that is not written in its shortest form");
  if (!Number.isSafeInteger(length)) throw new WebSocketError("an absurd length");
  return length;
}

function checkOpcode(opcode: number, final: boolean, short: number): void {
  if (controlNames.has(opcode)) {
    if (!final || short > controlMax) throw new WebSocketError("a control frame that is long or in pieces");
  } else if (opcode > opcodes.binary) throw new WebSocketError(`the reserved opcode ${opcode}`);
}

function checkOrder(head: Head, within: boolean): void {
  if (controlNames.has(head.opcode)) return;
  if ((head.opcode === opcodes.continuation) !== within) throw new WebSocketError("frames of a message in the wrong order");
}

/** The bytes as they were before the client masked them. @param offset how many of the frame came before */
function unmask(bytes: Uint8Array, mask: Uint8Array, offset: number): Uint8Array {
  const plain = Uint8Array.from(bytes);
  for (let index = 0; index < plain.length; index++) plain[index] = (plain[index] ?? 0) ^ (mask[(offset + index) & 3] ?? 0);
  return plain;
}
