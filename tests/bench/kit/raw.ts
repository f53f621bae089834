import type { EngineApi } from "../../harness/engine-api.ts";

/** Status and body of an answer. */
export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

/** A POST on a socket of its own, without any HTTP client between: what it takes is the engine's. The answer has a length, or ends with the connection. */
export async function rawPost(api: EngineApi, path: string, content: unknown): Promise<RawAnswer> {
  const payload = JSON.stringify(content);
  const head = [
    `POST /${api.version}${path} HTTP/1.1`,
    "Host: docker",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(payload)}`,
    "",
    "",
  ].join("\r\n");
  const socket = await api.open(head + payload);
  try {
    return await new Promise<RawAnswer>((resolve, reject) => {
      let received = "";
      const finish = (): void => {
        const end = received.indexOf("\r\n\r\n");
        if (end < 0) reject(new Error(`POST ${path}: the connection ended before the head`));
        else resolve({ status: Number(received.split(" ")[1]), body: received.slice(end + 4) });
      };
      socket.setTimeout(60_000, () => reject(new Error(`POST ${path}: no answer in time`)));
      socket.on("error", reject);
      socket.on("end", finish);
      socket.on("data", (chunk: Buffer) => {
        received += chunk.toString("latin1");
        const end = received.indexOf("\r\n\r\n");
        const length = end < 0 ? null : /^content-length: *(\d+)/im.exec(received.slice(0, end));
        if (length !== null && received.length >= end + 4 + Number(length[1])) finish();
      });
    });
  } finally {
    socket.destroy();
  }
}
