import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { kindOf } from "@berth/base";
import type { RuntimeSeccomp } from "@berth/spec";
import { runFilter } from "../testing/run-filter.ts";
import { compileSeccomp } from "./compile-seccomp.ts";
import { architectures } from "./constants.ts";

const [ALLOW, ERRNO, KILL_PROCESS] = [0x7fff0000, 0x00050000, 0x80000000];
const [EPERM, EACCES, ENOSYS] = [1, 13, 38];
const native = process.arch === "arm64" ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64";
const arch = architectures[native] ?? 0;
/** Numbers of this machine's calls that the tests use. */
const numbers =
  process.arch === "arm64"
    ? { read: 63, kill: 129, personality: 92, clone3: 435, openat2: 437, ptrace: 117 }
    : { read: 0, kill: 62, personality: 135, clone3: 435, openat2: 437, ptrace: 101 };

const profile: RuntimeSeccomp = {
  defaultAction: "SCMP_ACT_ERRNO",
  defaultErrnoRet: EPERM,
  architectures: process.arch === "arm64" ? [native, "SCMP_ARCH_ARM"] : [native, "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  syscalls: [
    { names: ["read", "write", "openat2", "no_such_call_ever"], action: "SCMP_ACT_ALLOW" },
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS },
    { names: ["ptrace"], action: "SCMP_ACT_KILL_PROCESS" },
    { names: ["personality"], action: "SCMP_ACT_ALLOW", args: [{ index: 0, value: 0, op: "SCMP_CMP_EQ" }] },
    { names: ["personality"], action: "SCMP_ACT_ALLOW", args: [{ index: 0, value: 0xffffffff, op: "SCMP_CMP_EQ" }] },
    {
      names: ["kill"],
      action: "SCMP_ACT_ERRNO",
      errnoRet: EACCES,
      args: [
        { index: 0, value: 5, op: "SCMP_CMP_GT" },
        { index: 1, value: 0xf0, valueTwo: 0x10, op: "SCMP_CMP_MASKED_EQ" },
      ],
    },
  ],
};

describe("compileSeccomp", () => {
  const filter = compileSeccomp(profile);
  const of = (number: number, ...args: bigint[]): number => runFilter(filter, { arch, number, args });

  test("allows, refuses with the rule's or the default's errno, and kills", () => {
    expect(of(numbers.read)).toBe(ALLOW);
    expect(of(numbers.openat2)).toBe(ALLOW);
    expect(of(numbers.clone3)).toBe(ERRNO | ENOSYS);
    expect(of(numbers.ptrace)).toBe(KILL_PROCESS);
    expect(of(1000 > numbers.openat2 ? 200 : 0)).toBe(ERRNO | EPERM);
  });

  test("compares arguments, all of one rule together", () => {
    expect([0n, 0xffffffffn, 8n].map((value) => of(numbers.personality, value))).toEqual([ALLOW, ALLOW, ERRNO | EPERM]);
    expect(of(numbers.kill, 6n, 0x1fn)).toBe(ERRNO | EACCES);
    expect(of(numbers.kill, 5n, 0x1fn)).toBe(ERRNO | EPERM);
    expect(of(numbers.kill, 6n, 0x2fn)).toBe(ERRNO | EPERM);
  });

  test("takes several conditions on one argument as alternatives", () => {
    const either = compileSeccomp({
      ...profile,
      syscalls: [
        {
          names: ["personality"],
          action: "SCMP_ACT_ALLOW",
          args: [
            { index: 0, value: 1, op: "SCMP_CMP_EQ" },
            { index: 0, value: 2, op: "SCMP_CMP_EQ" },
          ],
        },
      ],
    });
    const answers = [1n, 2n, 3n].map((value) => runFilter(either, { arch, number: numbers.personality, args: [value] }));
    expect(answers).toEqual([ALLOW, ALLOW, ERRNO | EPERM]);
  });

  test("says ENOSYS to calls newer than all it names, on each architecture", () => {
    expect(of(437)).toBe(ALLOW);
    for (const number of [438, 500, 5000]) expect(of(number)).toBe(ERRNO | ENOSYS);
    // x32 has numbers of its own up to 547; ptrace, which the profile names, is 521 there.
    for (const name of (profile.architectures ?? []).slice(1)) {
      const other = architectures[name] ?? 0;
      const [seen, bit] = name === "SCMP_ARCH_X32" ? [arch, 0x40000000] : [other, 0];
      expect(runFilter(filter, { arch: seen, number: 600 + bit })).toBe(ERRNO | ENOSYS);
      expect(runFilter(filter, { arch: seen, number: 437 + bit })).toBe(ALLOW);
    }
  });

  test("adds nothing to a profile that allows by default", () => {
    const open = compileSeccomp({ ...profile, defaultAction: "SCMP_ACT_ALLOW" });
    expect(runFilter(open, { arch, number: 5000 })).toBe(ALLOW);
    expect(runFilter(open, { arch, number: numbers.ptrace })).toBe(KILL_PROCESS);
  });

  test("does not let an architecture in that the profile does not name", () => {
    expect(runFilter(filter, { arch: architectures.SCMP_ARCH_S390X ?? 0, number: numbers.read })).not.toBe(ALLOW);
  });

  test("refuses what it does not know, by name", () => {
    const wrong: [Partial<RuntimeSeccomp>, string][] = [
      [{ defaultAction: "SCMP_ACT_MAYBE" }, "SCMP_ACT_MAYBE"],
      [{ architectures: ["SCMP_ARCH_PDP11"] }, "SCMP_ARCH_PDP11"],
      [{ syscalls: [{ names: ["read"], action: "SCMP_ACT_NOTIFY" }] }, "SCMP_ACT_NOTIFY"],
      [{ syscalls: [{ names: ["read"], action: "SCMP_ACT_ALLOW", args: [{ index: 0, value: 1, op: "EQ" }] }] }, "EQ"],
      [{ syscalls: [{ names: ["read"], action: "SCMP_ACT_ALLOW", args: [{ index: 9, value: 1, op: "SCMP_CMP_EQ" }] }] }, "9"],
    ];
    for (const [change, named] of wrong) {
      try {
        compileSeccomp({ ...profile, ...change });
        throw new Error("nothing was thrown");
      } catch (error) {
        expect(kindOf(error)).toBe("invalid");
        expect(String(error)).toContain(named);
      }
    }
  });
});

const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => fs.existsSync(path));
const crun = spawnSync("crun", ["--version"]).status === 0;

describe.skipIf(busybox === undefined || !crun)("under crun (skipped where crun or busybox is missing)", () => {
  let folder = "";
  beforeAll(() => {
    folder = fs.mkdtempSync(join(os.tmpdir(), "berth-seccomp-"));
    for (const name of ["bin", "proc", "dev", "sys", "tmp"]) fs.mkdirSync(join(folder, "rootfs", name), { recursive: true });
    fs.copyFileSync(busybox ?? "", join(folder, "rootfs/bin/busybox"));
    fs.chmodSync(join(folder, "rootfs/bin/busybox"), 0o755);
    execFileSync("crun", ["spec"], { cwd: folder });
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  const script = `
    mkdir /tmp/refused; echo mkdir $?
    touch /tmp/file; chmod 4755 /tmp/file; echo suid $?
    chmod 755 /tmp/file; echo plain $?
    kill -USR1 1; echo usr1 $?; kill -0 1; echo zero $?
    grep Seccomp: /proc/self/status`;
  const rules: RuntimeSeccomp = {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: profile.architectures ?? [],
    syscalls: [
      { names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: EACCES },
      {
        names: ["chmod"],
        action: "SCMP_ACT_ERRNO",
        errnoRet: EPERM,
        args: [{ index: 1, value: 0o4000, valueTwo: 0o4000, op: "SCMP_CMP_MASKED_EQ" }],
      },
      {
        names: ["fchmodat"],
        action: "SCMP_ACT_ERRNO",
        errnoRet: EPERM,
        args: [{ index: 2, value: 0o4000, valueTwo: 0o4000, op: "SCMP_CMP_MASKED_EQ" }],
      },
      { names: ["kill"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS, args: [{ index: 1, value: 10, op: "SCMP_CMP_EQ" }] },
    ],
  };

  function run(change: (spec: { linux: { seccomp?: RuntimeSeccomp }; annotations?: Record<string, string> }) => void): string {
    const path = join(folder, "config.json");
    const spec = JSON.parse(fs.readFileSync(path, "utf8"));
    spec.process = { ...spec.process, terminal: false, rlimits: [], args: ["/bin/busybox", "sh", "-c", script], env: ["PATH=/bin"] };
    spec.root = { path: "rootfs", readonly: false };
    delete spec.linux.seccomp;
    delete spec.annotations;
    change(spec);
    fs.writeFileSync(path, JSON.stringify(spec));
    fs.rmSync(join(folder, "rootfs/tmp/file"), { force: true });
    const id = `berth-seccomp-${process.pid}`;
    const result = spawnSync("crun", ["--root", join(folder, "state"), "--cgroup-manager=disabled", "run", "--bundle", folder, id], {
      encoding: "utf8",
    });
    return result.stdout + result.stderr;
  }

  test("a compiled filter does what crun makes of the profile itself", () => {
    fs.mkdirSync(join(folder, "state"), { recursive: true });
    for (const applet of ["mkdir", "touch", "chmod", "grep"]) fs.symlinkSync("busybox", join(folder, "rootfs/bin", applet));
    const byProfile = run((spec) => {
      spec.linux.seccomp = rules;
    });
    const byFilter = run((spec) => {
      spec.annotations = { "run.oci.seccomp_bpf_data": Buffer.from(compileSeccomp(rules)).toString("base64") };
    });
    expect(byProfile).toContain("Permission denied");
    for (const line of ["mkdir 1", "suid 1", "plain 0", "usr1 1", "zero 0", "Seccomp:\t2"]) expect(byProfile).toContain(line);
    expect(byFilter).toBe(byProfile);
  });
});
