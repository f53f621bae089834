import type { TransportRequest } from "../ports.ts";
import { framingOf, readBody } from "./body.ts";
import type { Channel } from "./channel.ts";
import { type AnswerHead, headText, readHead } from "./exchange.ts";

/** More connections than these are not kept for later calls. */
const mostIdle = 4;

/** Ordinary calls over channels that `fetch` knows nothing of. A connection serves one call after the other. */
export class ChannelCalls {
  readonly #open: () => Promise<Channel>;
  readonly #idle: Channel[] = [];

  constructor(open: () => Promise<Channel>) {
    this.#open = open;
  }

  /** Sends a request; resolves with the head of the answer, and its body to be read. */
  async send(request: TransportRequest): Promise<Response> {
    const channel = this.#idle.splice(0).find((candidate) => candidate.open) ?? (await this.#open());
    const onAbort = (): void => channel.close();
    request.signal?.throwIfAborted();
    request.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      // An engine that refuses answers before it has read the whole body.
      const sent = writeRequest(channel, request);
      sent.catch(() => channel.close());
      const head = await readHead(channel);
      return this.#answer({ request, channel, head, sent, done: () => request.signal?.removeEventListener("abort", onAbort) });
    } catch (error) {
      channel.close();
      request.signal?.removeEventListener("abort", onAbort);
      throw error;
    }
  }

  #answer(parts: Answer): Response {
    const { request, channel, head, sent, done } = parts;
    const framing = framingOf(request.method, head);
    const keeps = framing.kind !== "close" && head.headers.get("connection")?.toLowerCase() !== "close";
    const finish = async (): Promise<void> => {
      done();
      if (!keeps) return channel.close();
      await sent.catch(() => undefined);
      if (channel.open && this.#idle.length < mostIdle) this.#idle.push(channel);
      else channel.close();
    };
    const init = { status: head.status, headers: [...head.headers] };
    if (framing.kind === "none") {
      void finish();
      return new Response(null, init);
    }
    const bytes = readBody(channel.input, framing);
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          const { done: ended, value } = await bytes.next();
          if (request.signal?.aborted === true) throw request.signal.reason;
          if (!ended) return controller.enqueue(value);
          controller.close();
          await finish();
        } catch (error) {
          done();
          channel.close();
          controller.error(error);
        }
      },
      cancel: () => {
        done();
        channel.close();
      },
    });
    return new Response(body, init);
  }
}

interface Answer {
  readonly request: TransportRequest;
  readonly channel: Channel;
  readonly head: AnswerHead;
  /** Resolves when the whole request was sent. */
  readonly sent: Promise<void>;
  readonly done: () => void;
}

async function writeRequest(channel: Channel, { method, path, headers, body }: TransportRequest): Promise<void> {
  const fixed = typeof body === "string" ? new TextEncoder().encode(body) : undefined;
  const length = fixed?.length ?? (body instanceof Blob ? body.size : method === "POST" || method === "PUT" ? 0 : undefined);
  const chunked = body instanceof ReadableStream;
  const head = headText(method, path, {
    Host: "engine",
    "User-Agent": "berth",
    ...headers,
    ...(chunked ? { "Transfer-Encoding": "chunked" } : length === undefined ? {} : { "Content-Length": String(length) }),
  });
  const start = new TextEncoder().encode(head);
  await channel.write(fixed === undefined ? start : Buffer.concat([start, fixed]));
  if (fixed !== undefined || body === undefined) return;
  const source: ReadableStream<Uint8Array> = body instanceof Blob ? body.stream() : (body as ReadableStream<Uint8Array>);
  for await (const bytes of source) {
    if (bytes.length === 0) continue;
    if (chunked) await channel.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]));
    else await channel.write(bytes);
  }
  if (chunked) await channel.write(Buffer.from("0\r\n\r\n"));
}
