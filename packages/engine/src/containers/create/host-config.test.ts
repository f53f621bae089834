import { expect, test } from "bun:test";
import type { HostConfig } from "@berth/spec";
import { checkResources } from "./check-resources.ts";
import { fillHostConfig } from "./host-config.ts";

function fill(request: Partial<HostConfig>, cgroupV2: boolean): HostConfig {
  return fillHostConfig(request, {
    runtime: "crun",
    cgroupnsMode: cgroupV2 ? "private" : "host",
    ipcMode: "private",
    shmSizeBytes: 64 << 20,
    logDriver: "json-file",
    logOptions: {},
    cgroupV2,
    maskedPaths: [],
    readonlyPaths: [],
  });
}

function check(
  request: Partial<HostConfig>,
  cgroupV2: boolean,
): { readonly oomKillDisable: boolean | null; readonly warnings: readonly string[] } {
  const controllers = ["cpu", "cpuset", "memory", "pids"];
  const { host, warnings } = checkResources(fill(request, cgroupV2), { controllers, cgroupV2, cpuCount: 2, cpus: "0-1", memoryNodes: "0" });
  return { oomKillDisable: host.OomKillDisable, warnings };
}

test("the cgroup namespace is private on v2, also for privileged containers, unless the request says otherwise", () => {
  expect(fill({}, true).CgroupnsMode).toBe("private");
  expect(fill({ Privileged: true }, true).CgroupnsMode).toBe("private");
  expect(fill({ Privileged: true, CgroupnsMode: "host" }, true).CgroupnsMode).toBe("host");
  expect(fill({ Privileged: true }, false).CgroupnsMode).toBe("host");
});

test("v2 cannot switch the OOM killer off, and says so to whoever asks for it", () => {
  const asked = { OomKillDisable: true, Memory: 64 << 20 };
  expect(check(asked, false)).toEqual({ oomKillDisable: true, warnings: [] });
  expect(check(asked, true)).toEqual({
    oomKillDisable: null,
    warnings: ["Your kernel does not support OomKillDisable. OomKillDisable discarded."],
  });
  expect(check({}, true)).toEqual({ oomKillDisable: null, warnings: [] });
  expect(check({}, false)).toEqual({ oomKillDisable: false, warnings: [] });
});

test("weights of disks are dropped with a warning where the kernel has none", () => {
  const facts = { controllers: ["io"], cgroupV2: true, cpuCount: 2, cpus: "0-1", memoryNodes: "0" };
  const asked = fill({ BlkioWeight: 300, BlkioWeightDevice: [{ Path: "/dev/sda", Weight: 200 }] }, true);
  expect(checkResources(asked, facts)).toMatchObject({ host: { BlkioWeight: 300 }, warnings: [] });
  const { host, warnings } = checkResources(asked, { ...facts, weights: false });
  expect([host.BlkioWeight, host.BlkioWeightDevice, warnings.map((text) => text.split(". ")[1])]).toEqual([
    0,
    [],
    ["Weight discarded.", "Weight-device discarded."],
  ]);
});
