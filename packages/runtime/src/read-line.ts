import { fail } from "@berth/base";
import type { Fd, Kernel } from "@berth/linux";

/**
 * Reads from a pipe up to the first newline or its end, whichever comes first, and closes it.
 * @returns the text without the newline
 * @throws timeout after `timeoutMs`, with `what` in the message; exhausted past `limitBytes`
 */
export async function readLine(options: {
  readonly kernel: Kernel;
  readonly fd: Fd;
  readonly timeoutMs: number;
  readonly limitBytes: number;
  readonly what: string;
  /** The writer writes once, without a newline, and keeps the pipe open. */
  readonly single?: boolean;
}): Promise<string> {
  const { kernel, fd } = options;
  kernel.setNonBlocking(fd, true);
  const reader = Bun.file(fd).stream().getReader();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(fail("timeout", `${options.what} did not answer within ${options.timeoutMs} ms`)),
    options.timeoutMs,
  );
  const parts: Uint8Array[] = [];
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.promise]);
      if (done) break;
      const newline = value.indexOf(10);
      parts.push(newline < 0 ? value : value.subarray(0, newline));
      total += value.length;
      if (newline >= 0 || options.single === true) break;
      if (total > options.limitBytes) throw fail("exhausted", `${options.what} answered with more than ${options.limitBytes} bytes`);
    }
    return Buffer.concat(parts).toString("utf8");
  } finally {
    clearTimeout(timer);
    // The stream leaves the descriptor open.
    await reader.cancel().catch(() => undefined);
    kernel.close(fd);
  }
}
