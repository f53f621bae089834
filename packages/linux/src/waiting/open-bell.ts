import type { Fd, Kernel } from "../ports.ts";

/** Tells the main loop when something of an epoll set is ready, so that nobody has to look again and again. */
export interface Bell {
  /** Waits for the next news; they may have come already. Whoever was rung calls it again, before or after the look. */
  arm(): void;
  close(): void;
}

/** Bun's declarations know no adopted descriptor. */
interface AdoptOptions {
  readonly fd: Fd;
  readonly socket: Bun.SocketHandler<undefined>;
}

/**
 * Opens a bell on an epoll set. Bun's own loop waits for sockets only: it is given a copy of the set's descriptor in a
 * socket's place. When the set has something ready, Bun tries to read, which no epoll descriptor allows; so it closes the
 * copy and says so, and that is the ring. It costs no thread, and nothing at all while nothing happens.
 * @param ring called with the next turn of the loop; where a bell cannot be had it is never called
 */
export function openBell(kernel: Pick<Kernel, "dup">, epoll: Fd, ring: () => void): Bell {
  let armed = false;
  let closed = false;
  let copy: Bun.Socket<undefined> | null = null;
  const disarm = (): void => {
    armed = false;
    copy = null;
  };
  const socket: Bun.SocketHandler<undefined> = {
    open: (opened) => {
      copy = opened;
      opened.unref();
      if (closed) opened.terminate();
    },
    close: () => {
      disarm();
      if (!closed) ring();
    },
    data: () => undefined,
    error: () => undefined,
  };
  return {
    arm: () => {
      if (armed || closed) return;
      armed = true;
      const options: AdoptOptions = { fd: kernel.dup(epoll), socket };
      Bun.connect(options as unknown as Bun.UnixSocketOptions<undefined>).catch(disarm);
    },
    close: () => {
      closed = true;
      copy?.terminate();
    },
  };
}
