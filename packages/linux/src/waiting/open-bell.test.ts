import { expect, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { openKernel } from "../kernel/open-kernel.ts";
import { openBell } from "./open-bell.ts";

const kernel = openKernel();

/** Open epoll descriptors of this process: Bun's own, those of the tests, and what bells have lent to Bun. */
function sets(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes("eventpoll");
    } catch {
      return false; // the one that the folder was read by
    }
  }).length;
}

async function until(holds: () => boolean): Promise<void> {
  for (let left = 1000; left > 0 && !holds(); left--) await Bun.sleep(10);
  expect(holds()).toBe(true);
}

test("a bell rings once for what has become ready, and again when it is armed again", async () => {
  const epoll = kernel.epollCreate();
  const [end, other] = kernel.pipe2(0);
  kernel.epollAdd(epoll, end);
  let rings = 0;
  const bell = openBell(kernel, epoll, () => rings++);
  bell.arm();
  bell.arm();
  await Bun.sleep(50);
  expect(rings).toBe(0);
  kernel.write(other, Buffer.from("one"));
  await until(() => rings === 1);
  await Bun.sleep(50);
  expect(rings).toBe(1);
  expect(kernel.epollReady(epoll)).toEqual([end]);
  bell.arm();
  await Bun.sleep(50);
  // The bytes still lie there, but they are no news.
  expect(rings).toBe(1);
  kernel.write(other, Buffer.from("two"));
  await until(() => rings === 2);
  bell.close();
  for (const fd of [end, other, epoll]) kernel.close(fd);
});

test("what has become ready before the bell was armed rings too", async () => {
  const epoll = kernel.epollCreate();
  const child = Bun.spawn(["true"]);
  const pidfd = kernel.pidfdOpen(child.pid) ?? -1;
  kernel.epollAdd(epoll, pidfd);
  await child.exited;
  const rung = Promise.withResolvers<void>();
  const bell = openBell(kernel, epoll, rung.resolve);
  bell.arm();
  await rung.promise;
  expect(kernel.epollReady(epoll)).toEqual([pidfd]);
  bell.close();
  for (const fd of [pidfd, epoll]) kernel.close(fd);
});

test("a closed bell is silent and keeps nothing open", async () => {
  const epoll = kernel.epollCreate();
  const [end, other] = kernel.pipe2(0);
  kernel.epollAdd(epoll, end);
  let rings = 0;
  const before = sets();
  const bell = openBell(kernel, epoll, () => rings++);
  bell.arm();
  expect(sets()).toBe(before + 1);
  bell.close();
  bell.arm();
  kernel.write(other, Buffer.from("one"));
  await until(() => sets() === before);
  await Bun.sleep(50);
  expect(rings).toBe(0);
  for (const fd of [end, other, epoll]) kernel.close(fd);
});

test("a process that has nothing to do but to wait for a bell ends", () => {
  const program = `
    import { openKernel } from ${JSON.stringify(`${import.meta.dir}/../kernel/open-kernel.ts`)};
    import { openBell } from ${JSON.stringify(`${import.meta.dir}/open-bell.ts`)};
    const kernel = openKernel();
    openBell(kernel, kernel.epollCreate(), () => undefined).arm();`;
  expect(Bun.spawnSync([process.execPath, "-e", program], { timeout: 60_000 }).exitCode).toBe(0);
});
