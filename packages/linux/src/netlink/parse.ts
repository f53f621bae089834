import { NLA_TYPE_MASK, NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_ERROR, NLMSGERR_ATTR_MSG } from "./constants.ts";

/** One message of an answer. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** What follows the header. */
  readonly payload: Uint8Array;
}

/** Outcome of one request: errno 0 is success; `message` is the kernel's own words (extended acknowledgement). */
export interface Acknowledgement {
  readonly errno: number;
  readonly message: string | null;
}

/** Splits what one recv(2) gave into messages. A cut or absurd length ends the list. */
export function parseMessages(bytes: Uint8Array): NetlinkMessage[] {
  const view = viewOf(bytes);
  const messages: NetlinkMessage[] = [];
  let at = 0;
  while (at + 16 <= bytes.length) {
    const length = view.getUint32(at, true);
    if (length < 16 || at + length > bytes.length) break;
    messages.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      payload: bytes.subarray(at + 16, at + length),
    });
    at += (length + 3) & ~3;
  }
  return messages;
}

/** Attributes by type, without the nested bit; the last one of a type counts. */
export function parseAttributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const view = viewOf(bytes);
  const attributes = new Map<number, Uint8Array>();
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > bytes.length) break;
    attributes.set(view.getUint16(at + 2, true) & NLA_TYPE_MASK, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return attributes;
}

/** Reads an NLMSG_ERROR (an acknowledgement has errno 0); null for other messages. */
export function parseAcknowledgement(message: NetlinkMessage): Acknowledgement | null {
  if (message.type !== NLMSG_ERROR || message.payload.length < 20) return null;
  const view = viewOf(message.payload);
  const errno = -view.getInt32(0, true);
  if ((message.flags & NLM_F_ACK_TLVS) === 0) return { errno, message: null };
  // The failed request follows the error number, whole or only its header, then the attributes.
  const requestBytes = (message.flags & NLM_F_CAPPED) === 0 ? (view.getUint32(4, true) + 3) & ~3 : 16;
  const words = parseAttributes(message.payload.subarray(4 + requestBytes)).get(NLMSGERR_ATTR_MSG);
  return { errno, message: words === undefined ? null : textOf(words) };
}

/** A string attribute without its terminating zero. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A 32-bit attribute; null when it is missing or too short. */
export function u32Of(bytes: Uint8Array | undefined): number | null {
  return bytes === undefined || bytes.length < 4 ? null : viewOf(bytes).getUint32(0, true);
}

/** A view on exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
