/**
 * Framing of several streams on one connection (`application/vnd.docker.multiplexed-stream`):
 * eight bytes of header (stream, 0, 0, 0, length as big-endian 32 bit), then the payload.
 */
export const streamIds = { stdin: 0, stdout: 1, stderr: 2, systemError: 3 } as const;
export type StreamId = 0 | 1 | 2 | 3;

/** Content types of attach, exec and logs. Multiplexed is said from API 1.42 on; before, both are called raw. */
export const rawStreamType = "application/vnd.docker.raw-stream";
export const multiplexedStreamType = "application/vnd.docker.multiplexed-stream";

const headerBytes = 8;

/** The header of a frame with `length` bytes of payload. */
export function frameHeader(stream: StreamId, length: number): Uint8Array {
  const header = new Uint8Array(headerBytes);
  header[0] = stream;
  new DataView(header.buffer).setUint32(4, length);
  return header;
}

/** One frame: header and payload in one piece. */
export function frame(stream: StreamId, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headerBytes + payload.length);
  bytes.set(frameHeader(stream, payload.length));
  bytes.set(payload, headerBytes);
  return bytes;
}

/** A piece of one of the streams. A long frame may come in several pieces. */
export interface FramePiece {
  readonly stream: StreamId;
  readonly bytes: Uint8Array;
}

/**
 * Takes the frames apart again. Holds at most one header, never a payload, so that the length a peer
 * claims costs nothing.
 */
export class FrameParser {
  readonly #header = new Uint8Array(headerBytes);
  #headerFilled = 0;
  #stream: StreamId = 1;
  #left = 0;

  /** Whether the stream may end here: no frame is half read. */
  get complete(): boolean {
    return this.#headerFilled === 0 && this.#left === 0;
  }

  /**
   * The pieces in `bytes`, in order. They are views of `bytes`.
   * @throws Error when a header names an unknown stream
   */
  push(bytes: Uint8Array): FramePiece[] {
    const pieces: FramePiece[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.#left === 0) {
        const taken = Math.min(headerBytes - this.#headerFilled, bytes.length - at);
        this.#header.set(bytes.subarray(at, at + taken), this.#headerFilled);
        this.#headerFilled += taken;
        at += taken;
        if (this.#headerFilled === headerBytes) this.#openFrame();
        continue;
      }
      const taken = Math.min(this.#left, bytes.length - at);
      pieces.push({ stream: this.#stream, bytes: bytes.subarray(at, at + taken) });
      this.#left -= taken;
      at += taken;
    }
    return pieces;
  }

  #openFrame(): void {
    const id = this.#header[0];
    if (id !== 0 && id !== 1 && id !== 2 && id !== 3) throw new Error(`unrecognized stream: ${String(id)}`);
    this.#stream = id;
    this.#left = new DataView(this.#header.buffer).getUint32(4);
    this.#headerFilled = 0;
  }
}
