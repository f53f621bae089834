import { updateContainer } from "@berth/client";
import type { ContainerUpdateRequest } from "@berth/spec";
import type { Parsed } from "../args/parse.ts";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";
import { parseCpus } from "./options/cpus.ts";
import { resourceFlags } from "./options/flags/resources.ts";
import { restartPolicy } from "./options/request.ts";

/** Limits that an existing container can be given. */
const changeable = new Set([
  "blkio-weight",
  "cpu-period",
  "cpu-quota",
  "cpu-rt-period",
  "cpu-rt-runtime",
  "cpu-shares",
  "cpus",
  "cpuset-cpus",
  "cpuset-mems",
  "kernel-memory",
  "memory",
  "memory-reservation",
  "memory-swap",
  "pids-limit",
]);

/** `berth update`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: [
    ...resourceFlags.filter((flag) => changeable.has(flag.name)),
    { name: "restart", type: "string", help: "When to start again: no, on-failure[:TRIES], always, unless-stopped" },
  ],
  examples: ["berth update --memory 512m --memory-swap 1g web", "berth update --cpus 1.5 --restart unless-stopped web db"],
  min: 1,
  run: async (context, parsed) => {
    if (!command.flags.some((flag) => parsed.has(flag.name))) {
      throw new Error("you must provide one or more flags when using this command");
    }
    const body = updateRequest(parsed);
    const warnings: string[] = [];
    const code = await forEach(context, parsed.args, async (name) => {
      warnings.push(...(await updateContainer(context.engine, name, body)));
      return name;
    });
    if (warnings.length > 0) await context.stdout.write(`${warnings.join("\n")}\n`);
    return code;
  },
};

/** The body of POST /containers/{id}/update; what no flag says is left out. */
function updateRequest(parsed: Parsed): ContainerUpdateRequest {
  const numbers = {
    BlkioWeight: "blkio-weight",
    CpuPeriod: "cpu-period",
    CpuQuota: "cpu-quota",
    CpuRealtimePeriod: "cpu-rt-period",
    CpuRealtimeRuntime: "cpu-rt-runtime",
    CpuShares: "cpu-shares",
    Memory: "memory",
    MemoryReservation: "memory-reservation",
    MemorySwap: "memory-swap",
  } as const;
  const said = Object.entries(numbers).filter(([, flag]) => parsed.has(flag));
  return {
    ...Object.fromEntries(said.map(([key, flag]) => [key, parsed.number(flag)])),
    ...(parsed.string("cpus") === "" ? {} : { NanoCpus: parseCpus(parsed.string("cpus")) }),
    ...(parsed.string("cpuset-cpus") === "" ? {} : { CpusetCpus: parsed.string("cpuset-cpus") }),
    ...(parsed.string("cpuset-mems") === "" ? {} : { CpusetMems: parsed.string("cpuset-mems") }),
    ...(parsed.number("pids-limit") === 0 ? {} : { PidsLimit: parsed.number("pids-limit") }),
    ...(parsed.string("restart") === "" ? {} : { RestartPolicy: restartPolicy(parsed.string("restart")) }),
  };
}
