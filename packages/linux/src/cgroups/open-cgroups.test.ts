import { afterAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@berth/base";
import { openBlocking } from "../blocking/open-blocking.ts";
import { openKernel } from "../kernel/open-kernel.ts";
import { cgroupsContract, createFakeCgroupTree } from "../testing/index.ts";
import { findTrees } from "./find-trees.ts";
import { openCgroups } from "./open-cgroups.ts";

const kernel = openKernel();
const blocking = openBlocking();
afterAll(() => blocking.close());

cgroupsContract("this machine", `/berth-test-${process.pid}`, () => {
  const children: ChildProcess[] = [];
  return {
    cgroups: openCgroups({ kernel, blocking, log: silentLogger() }),
    startProcess: () => {
      const child = spawn("sleep", ["600"], { stdio: "ignore" });
      children.push(child);
      if (child.pid === undefined) throw new Error("sleep did not start");
      return child.pid;
    },
    isAlive: (pid) => {
      const state = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] : "X";
      return state !== "Z" && state !== "X";
    },
    destroy: async () => {
      await Promise.all(
        children.map(async (child) => {
          const ended = new Promise((resolve) => child.once("exit", resolve));
          if (child.exitCode !== null || child.signalCode !== null) return;
          child.kill("SIGKILL");
          await ended;
        }),
      );
    },
  };
});

for (const delegated of [false, true]) {
  cgroupsContract(`a pure v2 tree${delegated ? " delegated to a container, without cgroup.kill" : ""}`, "/berth/abc", () => {
    const tree = createFakeCgroupTree({ delegated });
    if (delegated) tree.startProcess();
    return {
      cgroups: openCgroups({
        files: tree.files,
        blocking,
        log: silentLogger(),
        kernel: {
          pidfdOpen: (pid) => (tree.isAlive(pid) ? pid : null),
          pidfdSendSignal: (pidfd) => {
            tree.end(pidfd);
            return true;
          },
          close: () => undefined,
        },
      }),
      startProcess: () => {
        const pid = tree.startProcess();
        // A delegated root with controllers for children takes no more processes of its own, as the daemon's children show.
        if (delegated && tree.files.exists("/sys/fs/cgroup/berth-daemon"))
          tree.files.write("/sys/fs/cgroup/berth-daemon/cgroup.procs", String(pid));
        return pid;
      },
      isAlive: tree.isAlive,
      destroy: async () => undefined,
    };
  });
}

describe("on v2", () => {
  test("all controllers are on down to the group, and the group itself stays a leaf", () => {
    const { files } = createFakeCgroupTree();
    const cgroups = openCgroups({ files, kernel, blocking, log: silentLogger() });
    cgroups.create("/berth/abc");
    expect(cgroups.version).toBe("v2");
    expect(files.read("/sys/fs/cgroup/berth/abc/cgroup.controllers")).toBe("cpuset cpu io memory hugetlb pids\n");
    expect(files.read("/sys/fs/cgroup/berth/abc/cgroup.subtree_control")).toBe("\n");
    expect(cgroups.usage("/berth/abc")).toEqual({ cpuNs: 1_500_000, memoryBytes: 4096, pids: 0, oomKills: 1, underOom: null });
  });
});

describe("in a delegated v2 tree", () => {
  test("what is forked while the daemon leaves the root is moved too", () => {
    const tree = createFakeCgroupTree({ delegated: true });
    const daemon = tree.startProcess();
    let child = 0;
    const files = {
      ...tree.files,
      write: (path: string, text: string): void => {
        tree.files.write(path, text);
        if (child === 0 && text === String(daemon)) child = tree.startProcess();
      },
    };
    openCgroups({ files, kernel, blocking, log: silentLogger() }).create("/berth/abc");
    expect(files.read("/sys/fs/cgroup/berth-daemon/cgroup.procs")).toBe(`${daemon}\n${child}\n`);
    expect(files.read("/sys/fs/cgroup/berth/abc/cgroup.controllers")).toBe("cpuset cpu io memory hugetlb pids\n");
  });
});

describe("findTrees", () => {
  test("reads a hybrid host with joined controllers, and escaped mount points", () => {
    const text = [
      "30 25 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
      "31 25 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 master:1 - cgroup cgroup rw,cpu,cpuacct",
      "32 25 0:28 /docker/abc /sys/fs/cgroup/my\\040memory ro - cgroup cgroup rw,memory",
      "33 25 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/lib/x,name=systemd",
      "34 25 0:28 / /elsewhere rw - cgroup cgroup rw,memory",
      "35 1 0:30 / / rw - ext4 /dev/sda1 rw",
    ].join("\n");
    const { version, trees } = findTrees(text);
    expect(version).toBe("hybrid");
    expect(trees.map((tree) => [tree.version, tree.mountPoint, tree.mountRoot, tree.controllers.join()])).toEqual([
      [2, "/sys/fs/cgroup/unified", "/", ""],
      [1, "/sys/fs/cgroup/cpu,cpuacct", "/", "cpu,cpuacct"],
      [1, "/sys/fs/cgroup/my memory", "/docker/abc", "memory"],
      [1, "/sys/fs/cgroup/systemd", "/", "name=systemd"],
    ]);
  });

  test("refuses a host without control groups", () => {
    expect(() => findTrees("35 1 0:30 / / rw - ext4 /dev/sda1 rw")).toThrow("No control groups");
  });
});

describe("completeHybrid", () => {
  const hybrid = openCgroups({ kernel, blocking, log: silentLogger() }).version === "hybrid";
  test.skipIf(!hybrid)("mounts what is left in the v2 tree of a hybrid host (skipped on hosts that are not hybrid)", () => {
    // In a mount namespace of its own, so that nothing stays mounted.
    const program = `
      const { openCgroups, openBlocking, openKernel } = await import(${JSON.stringify(join(import.meta.dir, "../index.ts"))});
      const { silentLogger } = await import("@berth/base");
      const blocking = openBlocking();
      const cgroups = openCgroups({ kernel: openKernel(), blocking, log: silentLogger() });
      const left = (await Bun.file("/sys/fs/cgroup/unified/cgroup.controllers").text()).split(/\\s+/).filter(Boolean);
      const mounted = await cgroups.completeHybrid();
      const after = (await Bun.file("/sys/fs/cgroup/unified/cgroup.controllers").text()).trim();
      console.log(JSON.stringify({ left, mounted, after, again: await cgroups.completeHybrid(), known: left.every((name) => cgroups.controllers.includes(name)) }));
      await blocking.close();`;
    const { stdout, stderr } = spawnSync("unshare", ["--mount", "--propagation", "private", process.execPath, "-e", program], {
      encoding: "utf8",
      cwd: import.meta.dir,
    });
    expect(stderr).toBe("");
    const { left, mounted, after, again, known } = JSON.parse(stdout) as Record<string, unknown>;
    expect({ after, again, known }).toEqual({ after: "", again: [], known: true });
    // Besides those it may mount controllers whose v1 hierarchy is alive but mounted nowhere.
    expect(mounted).toEqual(expect.arrayContaining(left as unknown[]));
  });
});
