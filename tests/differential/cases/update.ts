import { readFileSync } from "node:fs";
import { until } from "../../harness/sandbox.ts";
import type { CaseContext, DifferentialCase } from "../case.ts";

/** Files in which the v1 kernel holds what an update changes. */
const files: Readonly<Record<string, readonly string[]>> = {
  memory: ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.soft_limit_in_bytes"],
  cpu: ["cpu.shares", "cpu.cfs_quota_us", "cpu.cfs_period_us"],
  cpuset: ["cpuset.cpus", "cpuset.mems"],
  pids: ["pids.max"],
};

/** What the kernel holds of a running container. */
export function heldLimits({ sandbox }: CaseContext, id: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [controller, names] of Object.entries(files)) {
    for (const name of names) {
      found[name] = readFileSync(`/sys/fs/cgroup/${controller}${sandbox.cgroupParent}/${id}/${name}`, "utf8").trim();
    }
  }
  return found;
}

const limits = [
  "CpuShares",
  "Memory",
  "MemorySwap",
  "MemoryReservation",
  "NanoCpus",
  "CpuPeriod",
  "CpuQuota",
  "CpusetCpus",
  "CpusetMems",
  "PidsLimit",
  "RestartPolicy",
] as const;

async function shownLimits({ api }: CaseContext, reference: string): Promise<Record<string, unknown>> {
  const { HostConfig } = (await api.get(`/containers/${reference}/json`)).json<{ HostConfig: Record<string, unknown> }>();
  return Object.fromEntries(limits.map((key) => [key, HostConfig[key]]));
}

async function update(context: CaseContext, reference: string, body: unknown): Promise<void> {
  const answer = await context.api.post(`/containers/${reference}/update`, body);
  context.see(`${reference} ${JSON.stringify(body)}`, { status: answer.status, text: answer.text });
}

const sleeper = { Cmd: ["sleep", "600"], HostConfig: { NetworkMode: "none" } };

export const updates: readonly DifferentialCase[] = [
  {
    name: "update: every limit of a running container, as shown and as held",
    run: async (context) => {
      const id = await context.start("u1", sleeper);
      const changes = [
        { Memory: 67_108_864, MemorySwap: 134_217_728 },
        { Memory: 100_663_296 },
        { Memory: 268_435_456, MemorySwap: 536_870_912 },
        { Memory: 33_554_432, MemorySwap: 33_554_432 },
        { MemorySwap: 67_108_864 },
        { MemorySwap: -1 },
        { MemoryReservation: 16_777_216 },
        { CpuShares: 512 },
        { CpuPeriod: 50_000 },
        { CpuQuota: 25_000 },
        { CpuPeriod: 200_000, CpuQuota: 100_000 },
        { CpuQuota: -1 },
        { CpusetCpus: "0", CpusetMems: "0" },
        { CpusetCpus: "0-1" },
        { PidsLimit: 40 },
        { PidsLimit: 0 },
        { PidsLimit: -1 },
        {},
      ];
      for (const body of changes) {
        await update(context, "u1", body);
        context.see(`shown after ${JSON.stringify(body)}`, await shownLimits(context, "u1"));
        context.see(`held after ${JSON.stringify(body)}`, heldLimits(context, id));
      }
    },
  },
  {
    name: "update: cpus of a container that was given cpus",
    run: async (context) => {
      const id = await context.start("u1", { ...sleeper, HostConfig: { NetworkMode: "none", NanoCpus: 500_000_000 } });
      await update(context, "u1", { NanoCpus: 1_250_000_000 });
      context.see("shown", await shownLimits(context, "u1"));
      context.see("held", heldLimits(context, id));
    },
  },
  {
    name: "update: a container that does not run has its limits at the next start",
    run: async (context) => {
      const id = await context.create("u1", sleeper);
      await update(context, "u1", { Memory: 67_108_864, MemorySwap: 134_217_728, CpuShares: 256, PidsLimit: 30, CpusetCpus: "1" });
      context.see("shown", await shownLimits(context, "u1"));
      await context.api.post("/containers/u1/start");
      context.see("held", heldLimits(context, id));
      await context.api.post("/containers/u1/pause");
      await update(context, "u1", { CpuShares: 300 });
      context.see("held while paused", heldLimits(context, id));
    },
  },
  {
    name: "update: what is refused",
    run: async (context) => {
      await context.start("u1", { ...sleeper, HostConfig: { NetworkMode: "none", NanoCpus: 500_000_000, Memory: 67_108_864 } });
      await context.create("u2", { HostConfig: { AutoRemove: true, CpuPeriod: 50_000, CpuQuota: 20_000 } });
      for (const [reference, body] of [
        ["u1", { Memory: 1 }],
        ["u1", { Memory: -1 }],
        ["u1", { Memory: 268_435_456 }],
        ["u1", { Memory: 67_108_864, MemorySwap: 33_554_432 }],
        ["u1", { MemoryReservation: 1 }],
        ["u1", { Memory: 33_554_432, MemoryReservation: 67_108_864 }],
        ["u1", { CpuPeriod: 50_000 }],
        ["u1", { CpuQuota: 50_000 }],
        ["u1", { CpuPeriod: 999 }],
        ["u1", { CpuQuota: 999 }],
        ["u1", { NanoCpus: 1_000_000_000, CpuPeriod: 5000 }],
        ["u1", { NanoCpus: 99_000_000_000 }],
        ["u1", { CpuShares: 1 }],
        ["u1", { CpusetCpus: "99" }],
        ["u1", { CpusetCpus: "bogus" }],
        ["u1", { CpusetMems: "9" }],
        ["u1", { RestartPolicy: { Name: "bogus" } }],
        ["u1", { RestartPolicy: { Name: "always", MaximumRetryCount: 3 } }],
        ["u2", { RestartPolicy: { Name: "always" } }],
        ["u2", { RestartPolicy: { Name: "no" } }],
        ["u2", { NanoCpus: 1_000_000_000 }],
        ["nope", { Memory: 1 }],
        ["nope", {}],
        ["u1", { Memory: "x" }],
        ["u1", { RestartPolicy: "always" }],
      ] as const) {
        await update(context, reference, body);
      }
      context.see("shown", await shownLimits(context, "u1"));
    },
  },
  {
    name: "update: memory below what is in use",
    run: async (context) => {
      const id = await context.start("u1", {
        Cmd: ["sh", "-c", "head -c 40000000 /dev/zero >/dev/shm/x; mv /dev/shm/x /dev/shm/full; exec sleep 600"],
        HostConfig: { NetworkMode: "none", Memory: 268_435_456 },
      });
      const usage = `/sys/fs/cgroup/memory${context.sandbox.cgroupParent}/${id}/memory.usage_in_bytes`;
      await until(() => Number(readFileSync(usage, "utf8")) > 40_000_000, 30_000, "the container did not fill its memory");
      const answer = await context.api.post("/containers/u1/update", { Memory: 16_777_216, MemorySwap: 16_777_216, CpuShares: 300 });
      context.see("refused", { ok: answer.status < 400, words: answer.text.includes("unable to set memory limit to 16777216") });
      context.see("shown", await shownLimits(context, "u1"));
      context.see("held", heldLimits(context, id));
    },
  },
  {
    name: "update: a restart policy holds from then on",
    run: async (context) => {
      await context.start("u1", { Cmd: ["sh", "-c", "trap 'exit 3' TERM; while :; do sleep 0.1; done"] });
      context.see(
        "events",
        await context.events(async () => {
          await update(context, "u1", { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 1 } });
        }),
      );
      context.see("shown", await shownLimits(context, "u1"));
    },
  },
  {
    name: "update: by the docker CLI",
    run: async (context) => {
      const id = await context.start("u1", sleeper);
      await context.create("u2");
      for (const args of [
        ["--memory", "64m", "--memory-swap", "128m", "u1", "u2"],
        ["--cpus", "0.5", "--restart", "on-failure:3", "u1"],
        ["--pids-limit", "-1", "u1"],
        ["--memory", "1g", "u1", "nope", "u2"],
        ["u1"],
      ]) {
        const { code, stdout, stderr } = await context.cli(["update", ...args]);
        context.see(args.join(" "), { code, stdout, stderr });
      }
      context.see("shown", await shownLimits(context, "u1"));
      context.see("held", heldLimits(context, id));
    },
  },
];
