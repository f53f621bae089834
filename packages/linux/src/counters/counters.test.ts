import { expect, test } from "bun:test";
import { silentLogger } from "@berth/base";
import { openBlocking } from "../blocking/open-blocking.ts";
import { openCgroups } from "../cgroups/open-cgroups.ts";
import { openKernel } from "../kernel/open-kernel.ts";
import { openCounters, parseInterfaces, parseProcessors } from "./open-counters.ts";

const stat = "cpu  1 2 3 4 5 6 7 80 90 100\ncpu0 1 1 1 1 1 1 1 1 1 1\ncpu1 1 1 1 1 1 1 1 1 1 1\nintr 5 1 2\nctxt 3\n";
const dev = [
  "Inter-|   Receive                                                |  Transmit",
  " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed",
  "    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0",
  "  eth0: 1118 11 2 3 0 0 0 0 70 8 9 10 0 0 0 0",
].join("\n");

test("the machine's time is that of seven states, in nanoseconds", () => {
  expect(parseProcessors(stat)).toEqual({ usageNs: 280_000_000, online: 2 });
});

test("counters of interfaces", () => {
  const interfaces = parseInterfaces(`${dev}\n`);
  expect([...interfaces.keys()]).toEqual(["lo", "eth0"]);
  expect(interfaces.get("eth0")).toEqual({
    rxBytes: 1118,
    rxPackets: 11,
    rxErrors: 2,
    rxDropped: 3,
    txBytes: 70,
    txPackets: 8,
    txErrors: 9,
    txDropped: 10,
  });
});

test("this machine counts", () => {
  const counters = openCounters();
  const { usageNs, online } = counters.processors();
  expect([usageNs > 1e9, online > 0, counters.oomKills() >= 0]).toEqual([true, true, true]);
  expect(counters.interfaces(process.pid)?.has("lo")).toBe(true);
  expect(counters.interfaces(4_000_000)).toBeNull();
});

test("counts that are not there are none", () => {
  const counters = openCounters({ read: () => null });
  expect([counters.oomKills(), counters.interfaces(1), counters.processors().online]).toEqual([0, null, 0]);
});

test("a cgroup is read again and again, until it is gone", async () => {
  const blocking = openBlocking();
  const cgroups = openCgroups({ kernel: openKernel(), blocking, log: silentLogger(), keptFiles: 3 });
  const path = `/berth-sample-${process.pid}`;
  const sampler = cgroups.sampler(path);
  expect(sampler.sample()).toBeNull();
  cgroups.create(path);
  const child = Bun.spawn(["sh", "-c", "while :; do :; done"]);
  try {
    cgroups.enter(path, child.pid);
    await cgroups.limit(path, { memoryBytes: 64 << 20, pids: 20 });
    const first = sampler.sample();
    expect(first).toMatchObject({ memory: { limitBytes: 64 << 20, failures: 0 }, pids: { current: 1, limit: 20 } });
    expect(first?.memory?.stat.get("pgfault")).toMatch(/^\d+$/);
    for (let left = 500; left > 0 && (sampler.sample()?.cpu?.usageNs ?? 0) <= (first?.cpu?.usageNs ?? 0); left--) await Bun.sleep(10);
    expect(sampler.sample()?.cpu?.usageNs).toBeGreaterThan(first?.cpu?.usageNs ?? 0);
    await cgroups.kill(path);
    await child.exited;
    await cgroups.remove(path);
    expect(sampler.sample()).toBeNull();
  } finally {
    child.kill("SIGKILL");
    sampler.close();
    await cgroups.remove(path);
    await blocking.close();
  }
});
