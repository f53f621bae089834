import { MNT_DETACH, MS_BIND, O_CREAT, O_EXCL, O_RDONLY } from "../kernel/constants.ts";
import { cstring, isErrno, type System } from "../kernel/system.ts";
import { mount, unmount } from "./mount.ts";
import { withOpen } from "./open-at.ts";

const CLONE_NEWNET = 0x40000000;
const own = "/proc/thread-self/ns/net";
const [AF_INET, SOCK_DGRAM, SOCK_CLOEXEC] = [2, 2, 0o2000000];
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;

/** Makes a namespace in this thread, keeps it by a bind mount, and goes back (what `ip netns add` does, network_namespaces(7)). */
export function createNetworkNamespace(system: System, path: string): void {
  const { libc, run } = system;
  // A file that is there already would be another namespace's.
  withOpen(system, { name: path, path, flags: O_RDONLY | O_CREAT | O_EXCL }, () => undefined);
  try {
    withOpen(system, { name: own, path: own, flags: O_RDONLY }, (home) => {
      run("unshare CLONE_NEWNET", path, () => libc.unshare(CLONE_NEWNET));
      try {
        setLoopbackUp(system);
        mount(system, { source: own, target: path, type: "none", flags: MS_BIND, data: "" });
      } finally {
        run("setns", own, () => libc.setns(home, CLONE_NEWNET));
      }
    });
  } catch (error) {
    removeNetworkNamespace(system, path);
    throw error;
  }
}

/** Detaches and unlinks; also what a kill between the two steps left. */
export function removeNetworkNamespace(system: System, path: string): void {
  unmount(system, path, MNT_DETACH);
  const name = cstring("unlink", path);
  try {
    system.run("unlink", path, () => system.libc.unlinkat(-100, name, 0));
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
  }
}

/** netdevice(7): `struct ifreq` is a name of 16 bytes and the flags; lo has no other flag that we could lose. */
function setLoopbackUp({ libc, run }: System): void {
  const socket = run("socket", "lo", () => libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  try {
    const request = new Uint8Array(40);
    request.set(Buffer.from("lo"));
    new DataView(request.buffer).setInt16(16, IFF_UP, true);
    run("ioctl SIOCSIFFLAGS", "lo", () => libc.ioctl(socket, SIOCSIFFLAGS, request));
  } finally {
    libc.close(socket);
  }
}
