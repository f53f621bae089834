import type { Fd, Kernel } from "@berth/linux";

const LIMIT_BYTES = 64 * 1024;

/** Lines from a pipe, one after another. Closes the descriptor at its end. */
export async function* readLines(kernel: Kernel, fd: Fd): AsyncGenerator<string> {
  kernel.setNonBlocking(fd, true);
  const reader = Bun.file(fd).stream().getReader();
  let rest = Buffer.alloc(0);
  try {
    for (;;) {
      const newline = rest.indexOf(10);
      if (newline >= 0) {
        yield rest.subarray(0, newline).toString("utf8");
        rest = rest.subarray(newline + 1);
        continue;
      }
      const { done, value } = await reader.read();
      if (done || rest.length > LIMIT_BYTES) return;
      rest = Buffer.concat([rest, value]);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
    kernel.close(fd);
  }
}
