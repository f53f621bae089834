import { fail, kindOf, messageOf } from "@berth/base";
import { KernelError, openKernel } from "@berth/linux";
import { type JobLink, runJob } from "./job.ts";
import { type FilesReply, type FilesRequest, piecesUnderWay } from "./messages.ts";

declare const self: Worker;

/** A job under way: what came for it and has not been taken, and whoever waits for that or for room to send. */
interface Running {
  readonly pieces: (Uint8Array | null)[];
  underWay: number;
  cancelled: boolean;
  wake: (() => void) | null;
}

const kernel = openKernel();
const jobs = new Map<number, Running>();

self.onmessage = (event: MessageEvent<FilesRequest>): void => {
  const request = event.data;
  if (request.kind === "ping") {
    reply({ kind: "pong" });
    return;
  }
  if (request.kind === "run") {
    const running: Running = { pieces: [], underWay: 0, cancelled: false, wake: null };
    jobs.set(request.job, running);
    void runJob(kernel, request.task, linkOf(request.job, running))
      .then(
        (value) => reply({ kind: "done", job: request.job, value }),
        (error: unknown) =>
          reply({
            kind: "failed",
            job: request.job,
            errorKind: kindOf(error),
            code: error instanceof KernelError ? error.code : "",
            message: messageOf(error),
          }),
      )
      .finally(() => jobs.delete(request.job));
    return;
  }
  const running = jobs.get(request.job);
  if (running === undefined) return;
  if (request.kind === "piece") running.pieces.push(request.bytes);
  else if (request.kind === "taken") running.underWay--;
  else running.cancelled = true;
  const { wake } = running;
  running.wake = null;
  wake?.();
};

function linkOf(job: number, running: Running): JobLink {
  const woken = (): Promise<void> =>
    new Promise((resolve) => {
      running.wake = resolve;
    });
  return {
    async send(bytes: Uint8Array<ArrayBuffer>) {
      while (running.underWay >= piecesUnderWay && !running.cancelled) await woken();
      if (running.cancelled) throw fail("cancelled", "the copy was cancelled");
      running.underWay++;
      self.postMessage({ kind: "piece", job, bytes } satisfies FilesReply, [bytes.buffer]);
    },
    async next() {
      while (running.pieces.length === 0 && !running.cancelled) await woken();
      if (running.cancelled) throw fail("cancelled", "the copy was cancelled");
      reply({ kind: "taken", job });
      return running.pieces.shift() ?? null;
    },
    cancelled: () => running.cancelled,
  };
}

function reply(message: FilesReply): void {
  self.postMessage(message);
}
