import { messageOf } from "@berth/base";
import { type ProgressMessage, progressError, progressLine } from "@berth/spec";
import type { Call } from "../call/call.ts";

/**
 * Sends progress messages one by one. An error after the first message is told in-band.
 * @param options.errorsInBand also tell an error before the first message in-band, with status 200 (load)
 */
export async function sendProgress(
  call: Call,
  messages: AsyncIterable<ProgressMessage>,
  options: { readonly errorsInBand: boolean },
): Promise<void> {
  const iterator = messages[Symbol.asyncIterator]();
  let sink: ReturnType<Call["reply"]["stream"]> | null = null;
  try {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) break;
      sink ??= call.reply.stream(200, "application/json");
      await sink.write(progressLine(next.value));
    }
    sink ??= call.reply.stream(200, "application/json");
    sink.end();
  } catch (error) {
    if (call.request.signal.aborted) return;
    if (sink === null && !options.errorsInBand) throw error;
    sink ??= call.reply.stream(200, "application/json");
    await sink.write(progressLine(progressError(messageOf(error))));
    sink.end();
  } finally {
    await iterator.return?.();
  }
}
