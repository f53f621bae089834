import { Readable } from "node:stream";
import { deferred, fail, silentLogger, systemClock } from "@berth/base";
import type { AttachSession, Engine, OutputChunk } from "@berth/engine";
import type { ImageStore } from "@berth/images";
import type { Networks, NetworkSummary } from "@berth/network";
import type { ApiOptions } from "../ports.ts";

/** Every call that reached a fake: the method's name and its arguments. */
export type Calls = (readonly [name: string, ...args: unknown[]])[];

/** Answers a test sets; a method without one refuses. */
export type Answers = Readonly<Record<string, (...args: never[]) => unknown>>;

/** An object whose every method records its call and gives the test's answer. */
function recording(prefix: string, calls: Calls, answers: Answers): object {
  return new Proxy(
    {},
    {
      get(_target, property) {
        const name = `${prefix}.${String(property)}`;
        return (...args: never[]) => {
          calls.push([name, ...args]);
          const answer = answers[name];
          if (answer === undefined) throw fail("internal", `the test did not expect ${name}`);
          return answer(...args);
        };
      },
    },
  );
}

/** A house of fakes for the door. */
export function fakeApi(answers: Answers): { readonly options: ApiOptions; readonly calls: Calls } {
  const calls: Calls = [];
  const engine = {
    containers: recording("containers", calls, answers),
    execs: recording("execs", calls, answers),
    files: recording("files", calls, answers),
    events: recording("events", calls, answers),
    info: answers["info"],
    version: answers["version"],
  };
  return {
    calls,
    options: {
      engine: engine as unknown as Engine,
      images: recording("images", calls, answers) as ImageStore,
      networks: recording("networks", calls, answers) as Networks,
      imageUsers: () => [],
      log: silentLogger(),
      clock: systemClock(),
      serverVersion: "0.0.1",
      experimental: false,
    },
  };
}

/** An attached process that answers each input with itself on stdout and ends at the end of input. */
export function echoSession(options: {
  readonly tty: boolean;
  readonly first?: readonly OutputChunk[];
}): AttachSession & { closed: boolean } {
  const over = deferred<"ended" | "detached">();
  const queue: OutputChunk[] = [...(options.first ?? [])];
  let wake: (() => void) | null = null;
  let ended = false;
  const poke = (): void => {
    wake?.();
    wake = null;
  };
  const finish = (): void => {
    ended = true;
    over.resolve("ended");
    poke();
  };
  async function* output(): AsyncGenerator<OutputChunk, void, void> {
    for (;;) {
      const next = queue.shift();
      if (next !== undefined) yield next;
      else if (ended) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  const session = {
    tty: options.tty,
    closed: false,
    output: output(),
    over: over.promise,
    async write(bytes: Uint8Array): Promise<void> {
      queue.push({ stream: 1, bytes: Uint8Array.from(bytes) });
      poke();
    },
    closeInput: finish,
    close(): void {
      session.closed = true;
      finish();
    },
  };
  return session;
}

/** The default bridge as the network room shows it. */
export function bridgeNetwork(): NetworkSummary {
  return {
    id: "b".repeat(64),
    name: "bridge",
    driver: "bridge",
    scope: "local",
    createdAt: "2026-01-02T03:04:05.000000006Z",
    subnets: [{ subnet: "172.17.0.0/16", gateway: "172.17.0.1" }],
    ipamOptions: null,
    internal: false,
    attachable: false,
    options: {},
    labels: {},
    endpoints: { [`c${"0".repeat(63)}`]: { endpointId: "e1", name: "web", mac: "02:42:ac:11:00:02", ipv4: "172.17.0.2/16" } },
  };
}

/** A stream with this text. */
export function textStream(text: string): Readable {
  return Readable.from([Buffer.from(text)]);
}
