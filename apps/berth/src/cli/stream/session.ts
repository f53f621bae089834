import type { HijackedStream } from "@berth/client";
import { FrameParser, streamIds } from "@berth/spec";
import type { Output } from "../context/output.ts";
import { DetachFilter, parseDetachKeys } from "./detach-keys.ts";
import { enterTerminal } from "./terminal.ts";

/** Our standard streams joined with a container's. */
export interface SessionOptions {
  readonly stream: HijackedStream;
  /** Whether the container has a terminal: its output is then not framed. */
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly detachKeys: string;
  /** The engine takes the end of our sending for our end: without stdin nothing is sent, and nothing closed. */
  readonly staysOpen?: boolean;
  /** The engine is told that the user detached: it would take a client that is merely gone for the end of what it started. */
  readonly tellsDetach?: boolean;
}

/** So long the engine may take to see that the user detached. */
const detachMs = 3000;

/** How a session ended: the container closed its output, or the user typed the detach keys. */
export type SessionEnd = "closed" | "detached";

/**
 * Copies both ways until the container closes its output or the user detaches. The terminal is back in its own mode
 * afterwards.
 */
export async function runSession(options: SessionOptions): Promise<SessionEnd> {
  const keys = parseDetachKeys(options.detachKeys);
  const restore = options.stdin && options.tty ? await enterTerminal() : () => undefined;
  try {
    const output = copyOutput(options).then((): SessionEnd => "closed");
    const ends = [output];
    if (options.stdin) ends.push(copyInput(options, options.tty ? new DetachFilter(keys) : undefined));
    else if (options.staysOpen !== true) options.stream.closeWrite();
    const end = await Promise.race(ends);
    if (end === "detached" && options.tellsDetach === true) {
      await options.stream.write(Uint8Array.from(keys));
      await Promise.race([output, Bun.sleep(detachMs)]);
    }
    return end;
  } finally {
    restore();
    options.stream.close();
  }
}

/** Writes a container's output, framed or not, to our streams. */
export async function copyFramed(source: AsyncIterable<Uint8Array>, stdout: Output, stderr: Output): Promise<void> {
  const frames = new FrameParser();
  for await (const bytes of source) {
    // Neighbours of one stream are written together; the order between the streams stays.
    let output = stdout;
    let waiting: Uint8Array[] = [];
    for (const piece of frames.push(bytes)) {
      if (piece.stream === streamIds.systemError) throw new Error(new TextDecoder().decode(piece.bytes).trim());
      const target = piece.stream === streamIds.stderr ? stderr : stdout;
      if (target !== output && waiting.length > 0) {
        await output.write(Buffer.concat(waiting));
        waiting = [];
      }
      output = target;
      waiting.push(piece.bytes);
    }
    if (waiting.length > 0) await output.write(waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : Buffer.concat(waiting));
  }
}

async function copyOutput({ stream, tty, stdout, stderr }: SessionOptions): Promise<void> {
  if (!tty) return copyFramed(stream.output, stdout, stderr);
  for await (const bytes of stream.output) await stdout.write(bytes);
}

async function copyInput({ stream }: SessionOptions, filter: DetachFilter | undefined): Promise<SessionEnd> {
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    if (filter === undefined) {
      await stream.write(chunk);
      continue;
    }
    const { pass, detached } = filter.push(chunk);
    if (pass.length > 0) await stream.write(pass);
    if (detached) return "detached";
  }
  stream.closeWrite();
  // The output decides when the session is over.
  return new Promise<SessionEnd>(() => undefined);
}
