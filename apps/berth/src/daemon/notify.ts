import type { Logger } from "@berth/base";
import type { Kernel } from "@berth/linux";

/**
 * Tells the service manager about the daemon (sd_notify(3)): `READY=1`, `STOPPING=1`, `RELOADING=1`. Without NOTIFY_SOCKET, or with one that
 * nobody reads, nothing happens.
 */
export function serviceNotifier(options: {
  readonly kernel: Pick<Kernel, "unixConnect" | "write" | "close">;
  readonly socket: string | undefined;
  readonly log: Logger;
}): (state: string) => void {
  const { kernel, socket, log } = options;
  if (socket === undefined || !socket.startsWith("/")) return () => undefined;
  return (state) => {
    try {
      const fd = kernel.unixConnect(socket, "datagram");
      try {
        kernel.write(fd, new TextEncoder().encode(state));
      } finally {
        kernel.close(fd);
      }
    } catch (error) {
      log.warn("the service manager was not told", { state, error });
    }
  };
}
