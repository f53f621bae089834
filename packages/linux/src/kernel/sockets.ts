import path from "node:path";
import type { Fd, Kernel } from "../ports.ts";
import { O_CLOEXEC, O_DIRECTORY, O_NONBLOCK, O_PATH } from "./constants.ts";
import { addressOf } from "./libc.ts";
import { cstring, errnoError, type System } from "./system.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const socketTypes = { stream: SOCK_STREAM, datagram: 2, seqpacket: 5 } as const;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const [EAGAIN, ECONNRESET, ECONNABORTED] = [11, 104, 103];
/** sizeof(sun_path) in unix(7), with its NUL. */
const sunPathBytes = 108;
const backlog = 128;
/** Descriptors that one message can bring (SCM_MAX_FD). */
const mostFds = 253;

type SocketCalls = Pick<Kernel, "unixConnect" | "unixListen" | "accept4" | "receiveFd" | "sendFd" | "sendFdAlone">;

/** AF_UNIX sockets and descriptors sent over them (unix(7)). */
export function socketCalls(system: System): SocketCalls {
  const { libc, run } = system;

  function open(socketPath: string, type: number, use: (fd: Fd, address: Uint8Array, length: number) => void): Fd {
    const fd = run("socket", socketPath, () => libc.socket(AF_UNIX, type | O_NONBLOCK | O_CLOEXEC, 0));
    try {
      withAddress(system, socketPath, (address, length) => use(fd, address, length));
      return fd;
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  return {
    unixConnect: (socketPath, type) =>
      open(socketPath, socketTypes[type], (fd, address, length) => {
        run("connect", socketPath, () => libc.connect(fd, address, length));
      }),
    unixListen: (socketPath, mode) =>
      open(socketPath, SOCK_STREAM, (fd, address, length) => {
        // The socket file takes its mode from the descriptor, less the umask: never a moment with more rights than `mode`.
        run("fchmod", socketPath, () => libc.fchmod(fd, mode));
        run("bind", socketPath, () => libc.bind(fd, address, length));
        const name = cstring("chmod", socketPath);
        run("chmod", socketPath, () => libc.fchmodat(-100, name, mode, 0));
        run("listen", socketPath, () => libc.listen(fd, backlog));
      }),
    accept4: (fd) => {
      const connection = libc.accept4(fd, null, null, O_NONBLOCK | O_CLOEXEC);
      if (connection >= 0) return connection;
      const errno = libc.errno();
      if (errno === EAGAIN || errno === ECONNABORTED || errno === 4) return null;
      throw errnoError("accept4", `fd ${fd}`, errno);
    },
    receiveFd: (fd) => {
      const message = messageHeader(new Uint8Array(1), new Uint8Array(cmsgSpace(mostFds * 4)));
      const length = Number(libc.recvmsg(fd, message.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
      if (length < 0) {
        const errno = libc.errno();
        if (errno === EAGAIN || errno === 4) return null;
        throw errnoError("recvmsg", `fd ${fd}`, errno);
      }
      const received = message.descriptors();
      message.keepAlive();
      for (const extra of received.slice(1)) libc.close(extra);
      if (received[0] !== undefined) return received[0];
      if (length === 0) throw errnoError("recvmsg", `fd ${fd}`, ECONNRESET, "the peer closed without sending a descriptor");
      return null;
    },
    sendFd: (fd, sent) => send(fd, messageHeader(new Uint8Array(1), rightsOf(sent))),
    sendFdAlone: (fd, sent) => send(fd, messageHeader(null, rightsOf(sent))),
  };

  function send(fd: Fd, message: Message): void {
    run("sendmsg", `fd ${fd}`, () => Number(libc.sendmsg(fd, message.header, MSG_NOSIGNAL)));
    message.keepAlive();
  }
}

function cmsgSpace(dataBytes: number): number {
  return 16 + Math.ceil(dataBytes / 8) * 8;
}

interface Message {
  readonly header: Uint8Array;
  /** The descriptors that recvmsg put into the control buffer. */
  readonly descriptors: () => Fd[];
  /** The header holds addresses only; called after the system call, this keeps their buffers from being collected before. */
  readonly keepAlive: () => number;
}

/** A control buffer that passes one descriptor on. */
function rightsOf(sent: Fd): Uint8Array {
  const control = new Uint8Array(cmsgSpace(4));
  const view = new DataView(control.buffer);
  view.setBigUint64(0, 20n, true);
  view.setInt32(8, SOL_SOCKET, true);
  view.setInt32(12, SCM_RIGHTS, true);
  view.setInt32(16, sent, true);
  return control;
}

/** A `struct msghdr` for 64-bit Linux over some data, or none, and a control buffer. */
function messageHeader(data: Uint8Array | null, control: Uint8Array): Message {
  const iov = new Uint8Array(new BigUint64Array(data === null ? [0n, 0n] : [addressOf(data), BigInt(data.length)]).buffer);
  const words = new BigUint64Array([0n, 0n, addressOf(iov), data === null ? 0n : 1n, addressOf(control), BigInt(control.length), 0n]);
  const header = new Uint8Array(words.buffer);
  return {
    header,
    descriptors: () => descriptorsIn(control.subarray(0, Number(words[5] ?? 0n))),
    keepAlive: () => (data?.length ?? 0) + iov.length + control.length,
  };
}

function descriptorsIn(control: Uint8Array): Fd[] {
  const view = new DataView(control.buffer, control.byteOffset, control.byteLength);
  const found: Fd[] = [];
  for (let at = 0; at + 16 <= control.length; ) {
    const length = Number(view.getBigUint64(at, true));
    if (length < 16) break;
    if (view.getInt32(at + 8, true) === SOL_SOCKET && view.getInt32(at + 12, true) === SCM_RIGHTS)
      for (let fd = at + 16; fd + 4 <= Math.min(at + length, control.length); fd += 4) found.push(view.getInt32(fd, true));
    at += Math.ceil(length / 8) * 8;
  }
  return found;
}

/** Runs `use` with a `struct sockaddr_un`; a path too long for it is reached through a descriptor of its folder. */
function withAddress({ libc, run }: System, socketPath: string, use: (address: Uint8Array, length: number) => void): void {
  const whole = cstring("connect", socketPath);
  if (whole.length <= sunPathBytes) {
    use(...socketAddress(whole));
    return;
  }
  const folder = cstring("openat2", path.dirname(socketPath));
  const how = new Uint8Array(new BigUint64Array([BigInt(O_PATH | O_DIRECTORY | O_CLOEXEC), 0n, 0n]).buffer);
  const fd = run("openat2", path.dirname(socketPath), () => Number(libc.syscall(437, -100, folder, how, 24, 0, 0)));
  try {
    const short = cstring("connect", `/proc/self/fd/${fd}/${path.basename(socketPath)}`);
    if (short.length > sunPathBytes) throw errnoError("connect", socketPath, 36);
    use(...socketAddress(short));
  } finally {
    libc.close(fd);
  }
}

function socketAddress(terminated: Uint8Array): [Uint8Array, number] {
  const address = new Uint8Array(2 + sunPathBytes);
  address[0] = AF_UNIX;
  address.set(terminated, 2);
  return [address, 2 + terminated.length];
}
