import type { Fd, Kernel } from "../ports.ts";
import { O_CLOEXEC, O_NONBLOCK } from "./constants.ts";
import { cstring, errnoError, isErrno, type System } from "./system.ts";

const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
const EPOLLET = 0x8000_0000;
/** struct epoll_event is packed on x86-64 only. */
const eventBytes = process.arch === "x64" ? 12 : 16;
const dataAt = eventBytes - 8;
const readyMax = 64;

const IN_MODIFY = 0x2;
const IN_Q_OVERFLOW = 0x4000;
const IN_ONESHOT = 0x8000_0000;
/** Of an event without a name, as events of single files are. */
const newsBytes = 16;
const newsMax = 256;
const EINVAL = 22;

type WatchCalls = Pick<
  Kernel,
  "epollCreate" | "epollAdd" | "epollReady" | "inotifyInit" | "inotifyNextWrite" | "inotifyForget" | "inotifyFired"
>;

/** Waiting for many things by one descriptor: epoll(7) and inotify(7). */
export function watchCalls({ libc, run }: System): WatchCalls {
  return {
    epollCreate: () => run("epoll_create1", null, () => libc.epoll_create1(O_CLOEXEC)),
    epollAdd: (epoll, fd) => {
      const event = new Uint8Array(eventBytes);
      const view = new DataView(event.buffer);
      view.setUint32(0, EPOLLIN + EPOLLET, true);
      view.setInt32(dataAt, fd, true);
      run("epoll_ctl", `fd ${fd}`, () => libc.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, event));
    },
    epollReady: (epoll) => {
      const events = new Uint8Array(eventBytes * readyMax);
      const view = new DataView(events.buffer);
      const ready: Fd[] = [];
      for (;;) {
        const count = run("epoll_wait", null, () => libc.epoll_wait(epoll, events, readyMax, 0));
        for (let at = 0; at < count; at++) ready.push(view.getInt32(at * eventBytes + dataAt, true));
        if (count < readyMax) return ready;
      }
    },
    inotifyInit: () => run("inotify_init1", null, () => libc.inotify_init1(O_NONBLOCK | O_CLOEXEC)),
    inotifyNextWrite: (inotify, path) => {
      const name = cstring("inotify_add_watch", path);
      return run("inotify_add_watch", path, () => libc.inotify_add_watch(inotify, name, (IN_MODIFY | IN_ONESHOT) >>> 0));
    },
    inotifyForget: (inotify, watch) => {
      if (libc.inotify_rm_watch(inotify, watch) === 0) return;
      const errno = libc.errno();
      if (errno !== EINVAL) throw errnoError("inotify_rm_watch", `watch ${watch}`, errno);
    },
    inotifyFired: (inotify) => {
      const into = new Uint8Array(newsBytes * newsMax);
      const view = new DataView(into.buffer);
      const fired: number[] = [];
      for (;;) {
        let length: number;
        try {
          length = run("read", `fd ${inotify}`, () => Number(libc.read(inotify, into, into.length)));
        } catch (error) {
          if (isErrno(error, "EAGAIN")) return fired;
          throw error;
        }
        for (let at = 0; at + newsBytes <= length; at += newsBytes + view.getUint32(at + 12, true)) {
          const mask = view.getUint32(at + 4, true);
          if ((mask & IN_Q_OVERFLOW) !== 0) return null;
          if ((mask & IN_MODIFY) !== 0) fired.push(view.getInt32(at, true));
        }
      }
    },
  };
}
