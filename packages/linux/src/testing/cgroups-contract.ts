import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { BerthError } from "@berth/base";
import type { Cgroups } from "../ports.ts";

/** An implementation under test, with processes to put into control groups. */
export interface CgroupsUnderTest {
  readonly cgroups: Cgroups;
  startProcess(): number;
  isAlive(pid: number): boolean;
  destroy(): Promise<void>;
}

/** What every {@link Cgroups} must do. `path` is a group that nobody else uses. */
export function cgroupsContract(name: string, path: string, make: () => CgroupsUnderTest): void {
  describe(`${name} as Cgroups`, () => {
    let host: CgroupsUnderTest;
    let cgroups: Cgroups;
    beforeEach(() => {
      host = make();
      cgroups = host.cgroups;
    });
    afterEach(async () => {
      await cgroups.kill(path);
      await cgroups.remove(path);
      await host.destroy();
    });
    function startIn(group: string): number {
      const pid = host.startProcess();
      cgroups.enter(group, pid);
      return pid;
    }
    async function kindOfFailure(work: () => unknown): Promise<string> {
      try {
        await work();
      } catch (error) {
        if (error instanceof BerthError) return error.kind;
        throw error;
      }
      return "nothing";
    }

    test("knows its version and controllers", () => {
      expect(["v1", "hybrid", "v2"]).toContain(cgroups.version);
      for (const controller of ["cpu", "memory", "pids"]) expect(cgroups.controllers).toContain(controller);
    });

    test("makes a group once or twice, and counts its processes and those below", () => {
      cgroups.create(`${path}/a`);
      cgroups.create(`${path}/a`);
      cgroups.create(`${path}/b`);
      const [first, second] = [startIn(`${path}/a`), startIn(`${path}/b`)];
      expect(new Set(cgroups.processes(path))).toEqual(new Set([first, second]));
      expect(cgroups.processes(`${path}/a`)).toEqual([first]);
      expect(new Set(cgroups.pathsOf(first)?.values())).toContain(`${path}/a`);
    });

    test("marks tell processes of a group apart, and go when they are empty", () => {
      cgroups.create(path);
      const [marked, other] = [startIn(path), startIn(path)];
      cgroups.createMark(`${path}/mark`);
      cgroups.createMark(`${path}/mark`);
      expect(cgroups.enterMark(`${path}/mark`, marked)).toBe(true);
      expect(cgroups.enterMark(`${path}/mark`, 4_000_000)).toBe(false);
      expect(cgroups.enterMark(`${path}/none`, other)).toBe(false);
      expect(cgroups.processes(`${path}/mark`)).toEqual([marked]);
      expect(new Set(cgroups.processes(path))).toEqual(new Set([marked, other]));
      expect(cgroups.removeMark(`${path}/mark`)).toBe(false);
      const third = host.startProcess();
      cgroups.enterBesideMarks(path, third);
      expect(cgroups.processes(path)).not.toContain(third);
      cgroups.createMark(`${path}/empty`);
      expect(cgroups.removeMark(`${path}/empty`)).toBe(true);
      expect(cgroups.removeMark(`${path}/empty`)).toBe(true);
    });

    test("moves can be made ready at any time, and move nobody", async () => {
      const before = cgroups.pathsOf(process.pid);
      await Promise.all([cgroups.readyMoves(), cgroups.readyMoves()]);
      expect(cgroups.pathsOf(process.pid)).toEqual(before);
    });

    test("says nothing of a group or process that is not there", async () => {
      expect(cgroups.processes(path)).toEqual([]);
      expect(cgroups.usage(path)).toMatchObject({ memoryBytes: null, pids: null, oomKills: null });
      expect(cgroups.pathsOf(4_000_000)).toBeNull();
      await cgroups.kill(path);
      await cgroups.remove(path);
      expect(await kindOfFailure(() => cgroups.freeze(path, true))).toBe("not-found");
    });

    test("freezes and thaws", async () => {
      cgroups.create(path);
      startIn(path);
      await cgroups.freeze(path, true);
      await cgroups.freeze(path, false);
      expect(cgroups.processes(path).length).toBe(1);
    });

    test("kills everything below, frozen or not, then removes it", async () => {
      cgroups.create(`${path}/a/deep`);
      cgroups.create(`${path}/b`);
      const pids = [startIn(`${path}/a/deep`), startIn(`${path}/b`), startIn(`${path}/b`)];
      const other = host.startProcess();
      await cgroups.freeze(path, true);
      await cgroups.kill(path);
      expect(cgroups.processes(path)).toEqual([]);
      expect(pids.map((pid) => host.isAlive(pid))).toEqual([false, false, false]);
      expect(host.isAlive(other)).toBe(true);
      await cgroups.remove(path);
      expect(cgroups.pathsOf(other)?.size).toBeGreaterThan(0);
      expect(await kindOfFailure(() => cgroups.freeze(path, true))).toBe("not-found");
    });

    test("refuses to remove what has processes", async () => {
      cgroups.create(path);
      const pid = startIn(path);
      expect(await kindOfFailure(() => cgroups.remove(path))).toBe("conflict");
      expect(host.isAlive(pid)).toBe(true);
    });

    test("knows which files cgroups have", () => {
      cgroups.create(path);
      expect(cgroups.offers("pids", ["pids.current"])).toBe(true);
      expect(cgroups.offers("pids", ["pids.nonsense"])).toBe(false);
    });

    test("shows what is used", () => {
      cgroups.create(path);
      startIn(path);
      const usage = cgroups.usage(path);
      expect(usage.pids).toBe(1);
      expect(usage.oomKills).toBeGreaterThanOrEqual(0);
      expect(usage.cpuNs).toBeGreaterThanOrEqual(0);
      expect(usage.memoryBytes).toBeGreaterThanOrEqual(0);
    });

    test("refuses the root and every way out", async () => {
      for (const wrong of ["/", "", "berth", "/../x", "/a/../..", "/a//b", "/a/.", "/a\n"])
        expect(await kindOfFailure(() => cgroups.kill(wrong))).toBe("invalid");
    });
  });
}
