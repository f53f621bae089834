import { messageOf, sleep } from "@berth/base";
import { isErrno } from "@berth/linux";
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { SinkFailure } from "../../forward/entry.ts";
import type { DatagramKernel, Transport } from "./sink.ts";

/** A receiver that works empties its queue in less than a millisecond: it is asked again at once, so many times. */
const quickTries = 30;
const firstWaitMs = 1;
const maxWaitMs = 100;

/** Sends each message as a UDP datagram. That nobody listens shows at the next message, if at all. */
export async function connectUdp(target: { readonly host: string; readonly port: number }): Promise<Transport> {
  const { address, family } = await lookup(target.host);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  let broken: Error | null = null;
  socket.on("error", (error) => {
    broken = error;
  });
  socket.unref();
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.connect(target.port, address, () => {
      socket.off("error", reject);
      resolve();
    });
  });
  const send = (message: Uint8Array): Promise<Error | null> =>
    new Promise((resolve) => {
      socket.send(message, (error) => resolve(error ?? null));
    });
  return {
    write: async (messages, signal) => {
      for (const [index, message] of messages.entries()) {
        if (signal.aborted) throw new SinkFailure(index, "stopped");
        const error = broken ?? (await send(message));
        if (error !== null) throw new SinkFailure(index, messageOf(error), error);
      }
    },
    close: () => socket.close(),
  };
}

/** Sends each message to a datagram socket of this machine. A receiver whose queue is full is waited for. */
export function connectUnixDatagram(kernel: DatagramKernel, path: string): Transport {
  const fd = kernel.unixConnect(path, "datagram");
  return {
    write: async (messages, signal) => {
      for (const [index, message] of messages.entries()) {
        await retryWhileFull(() => kernel.write(fd, message), { taken: index, signal });
      }
    },
    close: () => kernel.close(fd),
  };
}

/** Runs a call on a non-blocking datagram socket until the receiver's queue has room. Throws {@link SinkFailure}. */
export async function retryWhileFull(
  call: () => unknown,
  options: { readonly taken: number; readonly signal: AbortSignal },
): Promise<void> {
  let waitMs = firstWaitMs;
  for (let tries = 0; ; tries++) {
    try {
      call();
      return;
    } catch (error) {
      if (!isErrno(error, "EAGAIN", "ENOBUFS")) throw new SinkFailure(options.taken, messageOf(error), error);
    }
    if (tries < quickTries) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    } else {
      await sleep(waitMs, options.signal).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, maxWaitMs);
    }
    if (options.signal.aborted) throw new SinkFailure(options.taken, "stopped");
  }
}
