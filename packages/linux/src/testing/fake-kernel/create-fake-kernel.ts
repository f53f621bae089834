import { AT_FDCWD, S_IFDIR } from "../../kernel/constants.ts";
import { errnoError } from "../../kernel/system.ts";
import type { Kernel } from "../../ports.ts";
import { DescriptorTable } from "./descriptors.ts";
import { fakeFileCalls, finder } from "./files.ts";
import { fakeStreamCalls } from "./streams.ts";
import { type Node, newNode } from "./tree.ts";

/** One call that was made. */
export interface KernelCall {
  readonly name: keyof Kernel;
  readonly args: readonly unknown[];
}

/** A kernel in memory that remembers what it was asked. */
export interface FakeKernel {
  readonly kernel: Kernel;
  /** Every call, in order, failed ones too. */
  readonly calls: readonly KernelCall[];
  /** Descriptors that are open now. */
  openDescriptors(): number;
  /** Processes that live; kill with SIGKILL or SIGTERM ends them. */
  readonly processes: Set<number>;
  /** Makes the next call of that name fail with an errno number, once, without effect. */
  failNext(name: keyof Kernel, errno: number): void;
}

const [ENODATA, ENOSYS] = [61, 38];
const lethal: ReadonlySet<number> = new Set([9, 15]);

/** Files, pipes and locks work in memory; processes are numbers; sockets, terminals and watches give ENOSYS. */
export function createFakeKernel(): FakeKernel {
  const top: Node = newNode(S_IFDIR | 0o755);
  const table = new DescriptorTable();
  const processes = new Set<number>();
  const calls: KernelCall[] = [];
  const failures = new Map<keyof Kernel, number[]>();
  const plain: Kernel = {
    ...fakeFileCalls(top, table),
    ...fakeStreamCalls(table),
    ...xattrCalls(top, table),
    ...processCalls(processes),
    ...missingCalls(),
  };

  function recorded<Name extends keyof Kernel>(name: Name): Kernel[Name] {
    const call = plain[name] as (...args: readonly unknown[]) => unknown;
    const wrapped = (...args: readonly unknown[]): unknown => {
      calls.push({ name, args });
      const errno = failures.get(name)?.shift();
      if (errno !== undefined) throw errnoError(name, args.find((arg) => typeof arg === "string") ?? null, errno);
      return call(...args);
    };
    return wrapped as Kernel[Name];
  }

  const names = Object.keys(plain) as (keyof Kernel)[];
  return {
    kernel: Object.fromEntries(names.map((name) => [name, recorded(name)])) as unknown as Kernel,
    calls,
    processes,
    openDescriptors: () => table.size,
    failNext: (name, errno) => failures.set(name, [...(failures.get(name) ?? []), errno]),
  };
}

function xattrCalls(top: Node, table: DescriptorTable): Pick<Kernel, "lsetxattr" | "lgetxattr" | "llistxattr" | "lremovexattr"> {
  const find = finder(top, table);
  const at = (call: string, path: string): Node => {
    const { node } = find(call, { dirfd: AT_FDCWD, path });
    if (node === null) throw errnoError(call, path, 2);
    return node;
  };
  return {
    lsetxattr: (path, name, value) => void at("lsetxattr", path).xattrs.set(name, value.slice()),
    lgetxattr: (path, name) => at("lgetxattr", path).xattrs.get(name)?.slice() ?? null,
    llistxattr: (path) => [...at("llistxattr", path).xattrs.keys()],
    lremovexattr: (path, name) => {
      if (!at("lremovexattr", path).xattrs.delete(name)) throw errnoError("lremovexattr", path, ENODATA);
    },
  };
}

type ProcessCalls = Pick<
  Kernel,
  | "pidfdOpen"
  | "pidfdSendSignal"
  | "kill"
  | "prctlChildSubreaper"
  | "endedChild"
  | "reapChild"
  | "hasCapability"
  | "getRlimit"
  | "umask"
  | "unmapOwnCode"
  | "statfs"
>;

function processCalls(processes: Set<number>): ProcessCalls {
  let mask = 0o022;
  const signal = (pid: number, number: number): boolean => {
    if (!processes.has(pid)) return false;
    if (lethal.has(number)) processes.delete(pid);
    return true;
  };
  return {
    pidfdOpen: (pid) => (processes.has(pid) ? pid : null),
    pidfdSendSignal: signal,
    kill: (pid, number) => {
      if (!Number.isInteger(pid) || pid <= 0) throw errnoError("kill", `pid ${pid}`, 22);
      return signal(pid, number);
    },
    prctlChildSubreaper: () => undefined,
    endedChild: () => null,
    reapChild: () => undefined,
    hasCapability: () => true,
    getRlimit: () => [1024, 4096],
    umask: (next) => {
      const before = mask;
      mask = next & 0o777;
      return before;
    },
    unmapOwnCode: () => 0,
    statfs: () => ({ type: 0xef53, totalBytes: 1n << 40n, freeBytes: 1n << 39n }),
  };
}

type MissingCalls = Pick<
  Kernel,
  | "unixConnect"
  | "unixListen"
  | "accept4"
  | "receiveFd"
  | "sendFd"
  | "sendFdAlone"
  | "sealedMemory"
  | "memoryFolder"
  | "setWindowSize"
  | "epollCreate"
  | "epollAdd"
  | "epollReady"
  | "inotifyInit"
  | "inotifyNextWrite"
  | "inotifyForget"
  | "inotifyFired"
>;

function missingCalls(): MissingCalls {
  const missing = (call: string) => (): never => {
    throw errnoError(call, null, ENOSYS);
  };
  return {
    unixConnect: missing("connect"),
    unixListen: missing("listen"),
    accept4: missing("accept4"),
    receiveFd: missing("recvmsg"),
    sendFd: missing("sendmsg"),
    sendFdAlone: missing("sendmsg"),
    sealedMemory: missing("memfd_create"),
    memoryFolder: missing("fsopen"),
    setWindowSize: missing("ioctl TIOCSWINSZ"),
    epollCreate: missing("epoll_create1"),
    epollAdd: missing("epoll_ctl"),
    epollReady: missing("epoll_wait"),
    inotifyInit: missing("inotify_init1"),
    inotifyNextWrite: missing("inotify_add_watch"),
    inotifyForget: missing("inotify_rm_watch"),
    inotifyFired: missing("read"),
  };
}
