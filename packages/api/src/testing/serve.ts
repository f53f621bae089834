import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@berth/base";
import { listen } from "@berth/http";
import { createApi, serverHeader } from "../create.ts";
import type { ApiOptions } from "../ports.ts";

/** The API on a socket of its own. */
export interface ServedApi extends AsyncDisposable {
  readonly path: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** A raw connection: sends `bytes` and gives everything that comes back until the server closes. */
  talk(bytes: string | Uint8Array, options?: { readonly halfClose?: boolean }): Promise<string>;
  open(): Promise<Socket>;
}

/** Serves the API on a temporary unix socket. */
export async function serveApi(options: ApiOptions): Promise<ServedApi> {
  const folder = mkdtempSync(join(tmpdir(), "berth-api-"));
  const path = join(folder, "api.sock");
  const [listener] = await listen({
    address: { kind: "unix", path },
    handler: createApi(options),
    log: silentLogger(),
    serverHeader: serverHeader(options.serverVersion),
    groupId: null,
    tls: null,
    allowPlainTcp: false,
  });
  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ path, allowHalfOpen: true }, () => resolve(socket));
      socket.once("error", reject);
    });
  return {
    path,
    open,
    fetch: (target, init) => fetch(`http://api${target}`, { ...init, unix: path } as RequestInit),
    async talk(bytes, { halfClose = true } = {}) {
      const socket = await open();
      const pieces: Buffer[] = [];
      socket.on("data", (piece) => pieces.push(Buffer.from(piece)));
      socket.write(bytes);
      if (halfClose) socket.end();
      await new Promise<void>((resolve) => socket.once("close", resolve).once("end", resolve));
      socket.destroy();
      return Buffer.concat(pieces).toString("latin1");
    },
    async [Symbol.asyncDispose]() {
      await listener?.close(100);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
