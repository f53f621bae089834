import { type Deferred, deferred, fail, openWorker } from "@berth/base";
import { KernelError } from "../kernel-error.ts";
import type { Netlink } from "../ports.ts";
import type { NetlinkOperations } from "./operations.ts";
import type { NetlinkAnswer, NetlinkFailure, NetlinkRequest } from "./protocol.ts";

/** Opens rtnetlink in a Worker: the kernel's lock on the network can be held for long by others. */
export function openNetlink(): Netlink {
  const worker = new NetlinkWorker();
  return {
    links: (namespace) => worker.call("links", namespace),
    link: (name, namespace) => worker.call("link", name, namespace),
    addresses: (namespace) => worker.call("addresses", namespace),
    routes: (namespace) => worker.call("routes", namespace),
    createBridge: (options) => worker.call("createBridge", options),
    removeLink: (name) => worker.call("removeLink", name),
    addAddress: (link, address, namespace) => worker.call("addAddress", link, address, namespace),
    setLinkUp: (link, namespace) => worker.call("setLinkUp", link, namespace),
    createEndpoint: (options) => worker.call("createEndpoint", options),
    reservePort: (reservation) => worker.call("reservePort", reservation),
    close: () => worker.close(),
  };
}

class NetlinkWorker {
  readonly #worker = openWorker("packages/linux/src/netlink/netlink.worker.ts");
  readonly #open = new Map<number, Deferred<unknown>>();
  #nextId = 1;
  #ended: Error | null = null;

  constructor() {
    this.#worker.onmessage = (event: MessageEvent<NetlinkAnswer>) => this.#answer(event.data);
    this.#worker.onerror = (event) => this.#end(fail("internal", `the netlink worker failed: ${event.message}`));
  }

  async call<Name extends keyof NetlinkOperations>(
    name: Name,
    ...args: Parameters<NetlinkOperations[Name]>
  ): Promise<ReturnType<NetlinkOperations[Name]>> {
    if (this.#ended !== null) throw this.#ended;
    const id = this.#nextId++;
    const waiting = deferred<unknown>();
    this.#open.set(id, waiting);
    // The worker keeps the process alive only as long as somebody waits for it.
    if (this.#open.size === 1) this.#worker.ref();
    this.#post({ kind: "call", id, name, args });
    return (await waiting.promise) as ReturnType<NetlinkOperations[Name]>;
  }

  async close(): Promise<void> {
    this.#end(fail("unavailable", "netlink is closed"));
    this.#worker.terminate();
  }

  #post(request: NetlinkRequest): void {
    this.#worker.postMessage(request);
  }

  #answer(answer: NetlinkAnswer): void {
    if (answer.kind === "pong") return;
    const waiting = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    if (this.#open.size === 0) this.#worker.unref();
    if (answer.kind === "result") waiting?.resolve(answer.value);
    else waiting?.reject(errorOf(answer.failure));
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    for (const waiting of this.#open.values()) waiting.reject(this.#ended);
    this.#open.clear();
    this.#worker.unref();
  }
}

function errorOf(failure: NetlinkFailure): Error {
  return failure.kind === "kernel" ? new KernelError(failure) : fail(failure.errorKind, failure.message);
}
