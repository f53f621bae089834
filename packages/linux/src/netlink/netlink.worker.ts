import { kindOf, messageOf } from "@berth/base";
import { KernelError } from "../kernel-error.ts";
import { type NetlinkOperations, netlinkOperations } from "./operations.ts";
import type { NetlinkAnswer, NetlinkFailure, NetlinkRequest } from "./protocol.ts";

declare const self: {
  onmessage: ((event: { readonly data: NetlinkRequest }) => void) | null;
  readonly postMessage: (answer: NetlinkAnswer) => void;
};

let operations: NetlinkOperations | null = null;

self.onmessage = ({ data }) => {
  if (data.kind === "ping") {
    self.postMessage({ kind: "pong" });
    return;
  }
  try {
    operations ??= netlinkOperations();
    const operation = operations[data.name] as (...args: readonly unknown[]) => unknown;
    self.postMessage({ kind: "result", id: data.id, value: operation(...data.args) });
  } catch (error) {
    self.postMessage({ kind: "failure", id: data.id, failure: failureOf(error) });
  }
};

function failureOf(error: unknown): NetlinkFailure {
  if (!(error instanceof KernelError)) return { kind: "other", errorKind: kindOf(error), message: messageOf(error) };
  const { call, errno, code, path, message } = error;
  const prefix = `${call}${path === null ? "" : ` ${path}`}: `;
  return { kind: "kernel", call, errno, code, path, detail: message.startsWith(prefix) ? message.slice(prefix.length) : message };
}
