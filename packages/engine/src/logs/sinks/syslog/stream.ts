import { messageOf } from "@berth/base";
import { connect, type Socket } from "node:net";
import { SinkFailure } from "../../forward/entry.ts";
import type { Transport } from "./sink.ts";

const connectMs = 10_000;
const keepAliveMs = 30_000;

/** Connects a stream socket: TCP, or a unix socket by its path. Throws when nobody answers. */
export async function connectStream(
  target: { readonly host: string; readonly port: number } | { readonly path: string },
  signal: AbortSignal,
): Promise<Transport> {
  return overSocket(connect("path" in target ? { path: target.path } : { host: target.host, port: target.port }), {
    ready: "connect",
    signal,
  });
}

/** Makes a transport of a socket that is being connected. Throws when it fails, or does not succeed in time. */
export async function overSocket(
  socket: Socket,
  options: { readonly ready: "connect" | "secureConnect"; readonly signal: AbortSignal },
): Promise<Transport> {
  let broken: Error | null = null;
  let brokenMs: number | null = null;
  const waiting = new Set<(error: Error) => void>();
  const breaks = (error: Error): void => {
    broken ??= error;
    brokenMs ??= performance.now();
    for (const reject of [...waiting]) reject(broken);
    socket.destroy();
  };
  const rejectable = <T>(begin: (resolve: (value: T) => void) => void): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (broken !== null) {
        reject(broken);
        return;
      }
      const fails = (error: Error): void => {
        waiting.delete(fails);
        reject(error);
      };
      waiting.add(fails);
      begin((value) => {
        waiting.delete(fails);
        resolve(value);
      });
    });
  socket.on("error", breaks);
  socket.on("close", () => breaks(new Error("the receiver closed the connection")));
  socket.on("end", () => breaks(new Error("the receiver closed the connection")));
  const abort = (): void => breaks(new Error("stopped"));
  options.signal.addEventListener("abort", abort, { once: true });
  const timer = setTimeout(() => breaks(new Error(`no connection within ${connectMs / 1000} s`)), connectMs);
  try {
    await rejectable<void>((resolve) => socket.once(options.ready, () => resolve()));
  } finally {
    clearTimeout(timer);
  }
  // What a receiver says is nothing to us; unread it would keep its end from being seen.
  socket.resume();
  socket.setKeepAlive(true, keepAliveMs);
  return {
    get brokenMs() {
      return brokenMs;
    },
    write: async (messages) => {
      try {
        await rejectable<void>((resolve) => socket.write(Buffer.concat(messages), () => resolve()));
      } catch (error) {
        throw new SinkFailure(0, messageOf(error), error);
      }
    },
    close: () => {
      options.signal.removeEventListener("abort", abort);
      socket.destroy();
    },
  };
}
