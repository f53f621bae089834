import type { Kernel } from "../ports.ts";
import { errnoError, type System } from "./system.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const LINUX_CAPABILITY_VERSION_3 = 0x20080522;
const ESRCH = 3;
const ECHILD = 10;
const P_ALL = 0;
const P_PID = 1;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;
/** Size of siginfo_t, and where its si_pid is on 64-bit Linux. */
const SIGINFO_BYTES = 128;
const SI_PID = 16;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

type ProcessCalls = Pick<
  Kernel,
  "pidfdOpen" | "pidfdSendSignal" | "kill" | "prctlChildSubreaper" | "endedChild" | "reapChild" | "hasCapability" | "getRlimit" | "umask"
>;

/** Processes: signals, descriptors of processes, limits and capabilities of our own. */
export function processCalls({ libc, run }: System): ProcessCalls {
  /** Whether a call found its process. */
  function found(call: string, object: string, result: number): boolean {
    if (result >= 0) return true;
    const errno = libc.errno();
    if (errno === ESRCH) return false;
    throw errnoError(call, object, errno);
  }
  return {
    pidfdOpen: (pid) => {
      const fd = libc.pidfd_open(pid, 0);
      return found("pidfd_open", `pid ${pid}`, fd) ? fd : null;
    },
    pidfdSendSignal: (pidfd, signal) => found("pidfd_send_signal", `fd ${pidfd}`, libc.pidfd_send_signal(pidfd, signal, null, 0)),
    kill: (pid, signal) => {
      // 0, -1 and negative numbers are whole groups (kill(2)); a pid that was never set must not become one.
      if (!Number.isInteger(pid) || pid <= 0) throw errnoError("kill", `pid ${pid}`, 22);
      return found("kill", `pid ${pid}`, libc.kill(pid, signal));
    },
    prctlChildSubreaper: (on) => {
      run("prctl PR_SET_CHILD_SUBREAPER", null, () => libc.prctl(PR_SET_CHILD_SUBREAPER, on ? 1 : 0, 0, 0, 0));
    },
    endedChild: () => waitid(libc, { which: P_ALL, pid: 0, options: WNOHANG | WEXITED | WNOWAIT }),
    reapChild: (pid) => {
      if (!Number.isInteger(pid) || pid <= 0) throw errnoError("waitid", `pid ${pid}`, 22);
      waitid(libc, { which: P_PID, pid, options: WNOHANG | WEXITED });
    },
    hasCapability: (capability) => {
      const header = new Uint32Array([LINUX_CAPABILITY_VERSION_3, 0]);
      const sets = new Uint32Array(6);
      run("capget", null, () => libc.capget(header, sets));
      // Two groups of effective, permitted, inheritable; 32 capabilities each.
      return (((sets[capability < 32 ? 0 : 3] ?? 0) >>> (capability % 32)) & 1) === 1;
    },
    getRlimit: (resource) => {
      const limits = new BigUint64Array(2);
      run("prlimit", null, () => libc.prlimit(0, resource, null, limits));
      const [soft = 0n, hard = 0n] = limits;
      return [numberOf(soft), numberOf(hard)];
    },
    umask: (mask) => libc.umask(mask),
  };
}

/** The pid that waitid(2) tells of; null when no such child has ended. */
function waitid(
  libc: System["libc"],
  { which, pid, options }: { readonly which: number; readonly pid: number; readonly options: number },
): number | null {
  const info = new Uint8Array(SIGINFO_BYTES);
  if (libc.waitid(which, pid, info, options) !== 0) {
    const errno = libc.errno();
    if (errno === ECHILD) return null;
    throw errnoError("waitid", `pid ${pid}`, errno);
  }
  const ended = new DataView(info.buffer).getInt32(SI_PID, true);
  return ended === 0 ? null : ended;
}

function numberOf(limit: bigint): number {
  return limit === RLIM_INFINITY ? Number.POSITIVE_INFINITY : Number(limit);
}
