import { NLA_F_NESTED } from "./constants.ts";

const headerBytes = 16;

/**
 * Builds one netlink message (netlink(7)): header, the family's fixed part, then attributes, each
 * padded to four bytes. Numbers are in the host's byte order, as the kernel wants them; all of
 * Bun's platforms are little-endian.
 */
export class MessageBuilder {
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #length = headerBytes;

  constructor(type: number, flags: number) {
    this.#view.setUint16(4, type, true);
    this.#view.setUint16(6, flags, true);
  }

  /** Appends a fixed part, for example a struct ifinfomsg, padded to four bytes. */
  fixed(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Appends an attribute with raw bytes. */
  bytes(type: number, value: Uint8Array): this {
    const at = this.#reserve(4 + value.length);
    this.#view.setUint16(at, 4 + value.length, true);
    this.#view.setUint16(at + 2, type, true);
    this.#bytes.set(value, at + 4);
    return this;
  }

  /** Appends a 32-bit number. */
  u32(type: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    return this.bytes(type, bytes);
  }

  /** Appends a string with its terminating zero. */
  string(type: number, value: string): this {
    return this.bytes(type, new TextEncoder().encode(`${value}\0`));
  }

  /** Appends an attribute that holds what `fill` appends. */
  nest(type: number, fill: (message: this) => void): this {
    const at = this.#reserve(4);
    this.#view.setUint16(at + 2, type | NLA_F_NESTED, true);
    fill(this);
    this.#view.setUint16(at, this.#length - at, true);
    return this;
  }

  /** The finished message under a sequence number; the builder must not be used any more. */
  finish(sequence: number): Uint8Array {
    this.#view.setUint32(0, this.#length, true);
    this.#view.setUint32(8, sequence, true);
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(lengthBytes: number): number {
    const at = this.#length;
    const padded = (lengthBytes + 3) & ~3;
    if (at + padded > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, at + padded));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = at + padded;
    return at;
  }
}

/** struct ifinfomsg of rtnetlink(7). */
export function interfaceInfo(options: { readonly index?: number; readonly flags?: number; readonly change?: number }): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setInt32(4, options.index ?? 0, true);
  view.setUint32(8, options.flags ?? 0, true);
  view.setUint32(12, options.change ?? 0, true);
  return bytes;
}

/** struct ifaddrmsg of rtnetlink(7). */
export function addressInfo(options: { readonly family: number; readonly prefixLength: number; readonly index: number }): Uint8Array {
  const bytes = new Uint8Array(8);
  bytes[0] = options.family;
  bytes[1] = options.prefixLength;
  new DataView(bytes.buffer).setUint32(4, options.index, true);
  return bytes;
}

/** struct rtmsg of rtnetlink(7). */
export function routeInfo(options: {
  readonly family: number;
  readonly prefixLength: number;
  readonly table: number;
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
}): Uint8Array {
  const bytes = new Uint8Array(12);
  bytes[0] = options.family;
  bytes[1] = options.prefixLength;
  bytes[4] = options.table;
  bytes[5] = options.protocol;
  bytes[6] = options.scope;
  bytes[7] = options.type;
  return bytes;
}
