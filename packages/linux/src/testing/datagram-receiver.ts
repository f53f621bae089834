import { addressOf, loadLibc } from "../kernel/libc.ts";
import { createSystem, cstring } from "../kernel/system.ts";

const [AF_UNIX, SOCK_DGRAM, SOCK_CLOEXEC] = [1, 2, 0o2000000];
const [MSG_DONTWAIT, MSG_CMSG_CLOEXEC] = [0x40, 0x40000000];
const largestBytes = 1024 * 1024;

/** One datagram, and the descriptor that came with it. */
export interface Datagram {
  readonly bytes: Uint8Array;
  /** Whoever receives it closes it. */
  readonly fd: number | null;
}

/** A bound unix datagram socket. */
export interface DatagramReceiver extends Disposable {
  /** The datagrams that are there. */
  receive(): Datagram[];
}

/** Binds a unix datagram socket at a path that nothing has; Node has none. */
export function openDatagramReceiver(path: string): DatagramReceiver {
  const { libc, run } = createSystem(loadLibc());
  const fd = run("socket", path, () => libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const name = cstring("bind", path);
  const address = new Uint8Array(110);
  address[0] = AF_UNIX;
  address.set(name, 2);
  run("bind", path, () => libc.bind(fd, address, 2 + name.length));
  const data = new Uint8Array(largestBytes);
  const receiveOne = (): Datagram | null => {
    const control = new Uint8Array(24);
    const iov = new Uint8Array(new BigUint64Array([addressOf(data), BigInt(data.length)]).buffer);
    const header = new Uint8Array(new BigUint64Array([0n, 0n, addressOf(iov), 1n, addressOf(control), BigInt(control.length), 0n]).buffer);
    const length = Number(libc.recvmsg(fd, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
    if (length < 0) return null;
    const view = new DataView(control.buffer);
    const passed = new DataView(header.buffer).getBigUint64(40, true) >= 20n && iov.length > 0 ? view.getInt32(16, true) : null;
    return { bytes: data.slice(0, length), fd: passed };
  };
  return {
    receive: () => {
      const datagrams: Datagram[] = [];
      for (let one = receiveOne(); one !== null; one = receiveOne()) datagrams.push(one);
      return datagrams;
    },
    [Symbol.dispose]: () => {
      libc.close(fd);
    },
  };
}
