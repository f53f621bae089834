import { kindOf, messageOf } from "@berth/base";
import { openKernel } from "@berth/linux";
import type { UnpackReply, UnpackRequest } from "./messages.ts";
import { unpackLayer } from "./unpack-layer.ts";

declare const self: Worker;

const kernel = openKernel();
let cancelledJob = 0;

self.onmessage = (event: MessageEvent<UnpackRequest>): void => {
  const request = event.data;
  switch (request.kind) {
    case "ping":
      reply({ kind: "pong" });
      return;
    case "cancel":
      cancelledJob = request.job;
      return;
    case "unpack":
      void unpackLayer({ kernel, ...request, cancelled: () => cancelledJob === request.job }).then(
        (result) => reply({ kind: "unpacked", job: request.job, result }),
        (error: unknown) => reply({ kind: "failed", job: request.job, errorKind: kindOf(error), message: messageOf(error) }),
      );
  }
};

function reply(message: UnpackReply): void {
  self.postMessage(message);
}
