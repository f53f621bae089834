import { kindOf, messageOf } from "@berth/base";
import { KernelError } from "../kernel-error.ts";
import { createOperations } from "./create-operations.ts";
import type { Failure, Reply, Request } from "./operations.ts";

declare const self: Worker;

const operations = createOperations();

self.onmessage = (event: MessageEvent<Request>): void => {
  self.postMessage(answer(event.data));
};

function answer(request: Request): Reply {
  if (request.kind === "ping") return { kind: "pong" };
  try {
    const operation = operations[request.operation] as (...args: readonly unknown[]) => unknown;
    return { kind: "done", id: request.id, value: operation(...request.args) };
  } catch (error) {
    return { kind: "failed", id: request.id, failure: describe(error) };
  }
}

function describe(error: unknown): Failure {
  if (!(error instanceof KernelError)) return { kernel: false, kind: kindOf(error), message: messageOf(error) };
  const { call, errno, code, path, detail } = error;
  return { kernel: true, call, errno, code, path, detail };
}
