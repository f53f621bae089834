import { ptr } from "bun:ffi";
import type { Fd, PortReservation } from "../ports.ts";
import { familyOf, packAddress } from "./address.ts";
import { AF_INET } from "./constants.ts";
import { type NetworkLibc, setOption } from "./libc.ts";

const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_RCVBUF = 8;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const SHUT_RDWR = 2;

/**
 * Holds a port by a bound socket on which nobody listens, so that no other program takes it and
 * connections that the firewall does not translate are refused.
 *
 * TCP: SO_REUSEADDR lets the bind pass over connections in TIME_WAIT; it is cleared after that, and a
 * short listen(2) makes the kernel check for every conflict that two reusing sockets could hide.
 * shutdown(2) ends the listening and keeps the binding, because the port was bound explicitly.
 * @throws KernelError EADDRINUSE, EADDRNOTAVAIL
 */
export function reservePort(libc: NetworkLibc, reservation: PortReservation): Fd {
  const about = `${reservation.protocol} ${reservation.address} port ${reservation.port}`;
  const address = packAddress(reservation.address);
  const type = reservation.protocol === "tcp" ? SOCK_STREAM : SOCK_DGRAM;
  const fd = libc.run("socket", about, () => libc.call.socket(familyOf(address), type | SOCK_CLOEXEC, 0));
  try {
    if (familyOf(address) !== AF_INET) setOption(libc, { fd, level: IPPROTO_IPV6, name: IPV6_V6ONLY, value: 1 });
    if (reservation.protocol === "tcp") setOption(libc, { fd, level: SOL_SOCKET, name: SO_REUSEADDR, value: 1 });
    else setOption(libc, { fd, level: SOL_SOCKET, name: SO_RCVBUF, value: 0 });
    const name = socketAddress(address, reservation.port);
    libc.run("bind", about, () => libc.call.bind(fd, ptr(name), name.length));
    if (reservation.protocol === "tcp") {
      setOption(libc, { fd, level: SOL_SOCKET, name: SO_REUSEADDR, value: 0 });
      libc.run("listen", about, () => libc.call.listen(fd, 0));
      libc.run("shutdown", about, () => libc.call.shutdown(fd, SHUT_RDWR));
    }
    return fd;
  } catch (error) {
    libc.call.close(fd);
    throw error;
  }
}

/** struct sockaddr_in or sockaddr_in6: family, port in network order, address. */
function socketAddress(address: Uint8Array, port: number): Uint8Array {
  const bytes = new Uint8Array(address.length === 4 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, familyOf(address), true);
  view.setUint16(2, port, false);
  bytes.set(address, address.length === 4 ? 4 : 8);
  return bytes;
}
