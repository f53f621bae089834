import { ptr } from "bun:ffi";
import { errnoError } from "../kernel/system.ts";
import type { KernelError } from "../kernel-error.ts";
import type { Fd } from "../ports.ts";
import {
  AF_NETLINK,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  SOL_NETLINK,
} from "./constants.ts";
import { type NetworkLibc, setOption } from "./libc.ts";
import { MessageBuilder } from "./message.ts";
import { type NetlinkMessage, parseAcknowledgement, parseMessages } from "./parse.ts";

const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_RCVBUF = 8;
const receiveTimeoutS = 10n;
const maxDumpAttempts = 8;
const EINTR = 4;
const ENODEV = 19;
const about = "NETLINK_ROUTE";

/** One change: what it is called in errors, the object it concerns, and the message. */
export interface ChangeRequest {
  readonly call: string;
  readonly path: string;
  readonly message: MessageBuilder;
}

/** An open NETLINK_ROUTE socket. It belongs to the network namespace in which it was made. */
export class RouteSocket {
  readonly #libc: NetworkLibc;
  readonly #fd: Fd;
  readonly #buffer = new Uint8Array(64 * 1024);
  #sequence = 1;

  constructor(libc: NetworkLibc) {
    this.#libc = libc;
    this.#fd = libc.run("socket", about, () => libc.call.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    for (const name of [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) {
      setOption(libc, { fd: this.#fd, level: SOL_NETLINK, name, value: 1 });
    }
    const timeout = new BigInt64Array([receiveTimeoutS, 0n]);
    libc.run("setsockopt", about, () => libc.call.setsockopt(this.#fd, SOL_SOCKET, SO_RCVTIMEO, ptr(timeout), 16));
    setOption(libc, { fd: this.#fd, level: SOL_SOCKET, name: SO_RCVBUF, value: 1 << 20 });
  }

  /**
   * Sends changes in one go and waits for each acknowledgement. The kernel works through them in
   * order and does not stop at a failed one.
   * @throws the first failure, with the kernel's words
   */
  change(...requests: readonly ChangeRequest[]): void {
    const first = this.#sequence;
    this.#sequence += requests.length;
    this.#send(requests.map((request, index) => request.message.finish(first + index)));
    const open = new Map(requests.map((request, index) => [first + index, request]));
    let failure: KernelError | null = null;
    while (open.size > 0) {
      for (const message of this.#receive()) {
        const request = open.get(message.sequence);
        const acknowledgement = parseAcknowledgement(message);
        if (request === undefined || acknowledgement === null) continue;
        open.delete(message.sequence);
        if (acknowledgement.errno !== 0) failure ??= failureOf(request.call, request.path, acknowledgement);
      }
    }
    if (failure !== null) throw failure;
  }

  /** Asks for one object; null when there is none (ENODEV). */
  get(options: { readonly call: string; readonly path: string; readonly message: MessageBuilder }): NetlinkMessage | null {
    const sequence = this.#sequence++;
    this.#send([options.message.finish(sequence)]);
    let answer: NetlinkMessage | null = null;
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence) continue;
        const acknowledgement = parseAcknowledgement(message);
        if (acknowledgement === null) answer = { ...message, payload: message.payload.slice() };
        else if (acknowledgement.errno === 0) return answer;
        else if (acknowledgement.errno === ENODEV) return null;
        else throw failureOf(options.call, options.path, acknowledgement);
      }
    }
  }

  /** Lists a whole table; a listing that a change interrupted is asked for again. */
  dump(options: { readonly call: string; readonly type: number; readonly fixed: Uint8Array }): NetlinkMessage[] {
    for (let attempt = 1; ; attempt++) {
      const found = this.#dumpOnce(options);
      if (found !== null) return found;
      if (attempt === maxDumpAttempts) {
        throw errnoError(options.call, null, EINTR, "the table kept changing while it was listed");
      }
    }
  }

  close(): void {
    this.#libc.call.close(this.#fd);
  }

  #dumpOnce(options: { readonly call: string; readonly type: number; readonly fixed: Uint8Array }): NetlinkMessage[] | null {
    const sequence = this.#sequence++;
    const request = new MessageBuilder(options.type, NLM_F_REQUEST | NLM_F_ACK | NLM_F_DUMP).fixed(options.fixed);
    this.#send([request.finish(sequence)]);
    const found: NetlinkMessage[] = [];
    let interrupted = false;
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence) continue;
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
        if (message.type === NLMSG_DONE) return interrupted ? null : found;
        const acknowledgement = parseAcknowledgement(message);
        if (acknowledgement !== null) throw failureOf(options.call, null, acknowledgement);
        found.push({ ...message, payload: message.payload.slice() });
      }
    }
  }

  #send(messages: readonly Uint8Array[]): void {
    const [only] = messages;
    const bytes = messages.length === 1 && only !== undefined ? only : Buffer.concat(messages);
    this.#libc.run("send", about, () => this.#libc.call.send(this.#fd, ptr(bytes), bytes.length, 0));
  }

  #receive(): NetlinkMessage[] {
    const length = this.#libc.run("recv", about, () => this.#libc.call.recv(this.#fd, ptr(this.#buffer), this.#buffer.length, 0));
    return parseMessages(this.#buffer.subarray(0, length));
  }
}

function failureOf(call: string, path: string | null, failure: { readonly errno: number; readonly message: string | null }): KernelError {
  return errnoError(call, path, failure.errno, failure.message ?? undefined);
}
