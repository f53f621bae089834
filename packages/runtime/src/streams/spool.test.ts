import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { openKernel } from "@berth/linux";
import { Spool } from "./spool.ts";

test("a file is closed only when nobody reads it any more: its number may be another's at once", async () => {
  const kernel = openKernel();
  let closed = false;
  const watched: typeof kernel = {
    ...kernel,
    close: (fd) => {
      closed = true;
      kernel.close(fd);
    },
  };
  const spool = new Spool({ kernel: watched, folder: tmpdir(), limitBytes: 1 << 20, onFlushed: () => undefined });
  spool.append({ stream: 1, bytes: new Uint8Array(1000) });
  while (spool.pendingBytes > 0) await Bun.sleep(1);
  const closedAtEnd = spool.read().then(() => closed);
  spool.close();
  await Promise.resolve();
  await Promise.resolve();
  expect(await closedAtEnd).toBe(false);
  await Bun.sleep(1);
  expect(closed).toBe(true);
});
