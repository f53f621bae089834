import { changeContainer, updateContainer } from "@berth/client";
import type { ContainerChangeAnswer, ContainerUpdateRequest } from "@berth/spec";
import type { Parsed } from "../args/parse.ts";
import type { Command, Context } from "../command.ts";
import { forEach } from "../each.ts";
import { changeFlags, changeRequest } from "./options/change.ts";
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
  about:
    "Limits, labels and the restart policy are changed at once. Ports, mounts, variables and most settings of the log need a new start: the container is stopped and started with the same id, name and files, and gets its old settings back when that fails. --dry-run tells beforehand.",
  flags: [
    ...resourceFlags.filter((flag) => changeable.has(flag.name)),
    {
      name: "restart",
      type: "string",
      values: ["no", "always", "on-failure", "on-failure:", "unless-stopped"],
      help: "When to start again: no, on-failure[:TRIES], always, unless-stopped",
    },
    ...changeFlags,
    { name: "dry-run", type: "bool", help: "Only tell what would change, and whether it restarts" },
  ],
  examples: [
    { line: "berth update --memory 512m --memory-swap 1g web", does: "Give it more memory, or less, while it runs" },
    { line: "berth update --cpus 0.5 --restart unless-stopped web db", does: "Two of them: half a processor, and a restart policy" },
    { line: "berth update --dry-run --publish-add 8081:80 web", does: "Ask what a change would do" },
    { line: "berth update --publish-add 8081:80 --env-add LEVEL=debug web", does: "One more port and a variable; it is started anew" },
    { line: "berth update --volume-add site:/srv --label-add tier=front web", does: "One more volume, and a label" },
  ],
  seeAlso: ["run", "inspect", "stats"],
  min: 1,
  run: async (context, parsed) => {
    if (!command.flags.some((flag) => parsed.has(flag.name))) {
      throw new Error("you must provide one or more flags when using this command");
    }
    const body = updateRequest(parsed);
    // What Docker can do too is asked for in its way.
    if (parsed.bool("dry-run") || changeFlags.some((flag) => parsed.has(flag.name))) return changeAll(context, parsed, body);
    const warnings: string[] = [];
    const code = await forEach(context, parsed.args, async (name) => {
      warnings.push(...(await updateContainer(context.engine, name, body)));
      return name;
    });
    if (warnings.length > 0) await context.stdout.write(`${warnings.join("\n")}\n`);
    return code;
  },
};

async function changeAll(context: Context, parsed: Parsed, update: ContainerUpdateRequest): Promise<number> {
  const body = changeRequest(parsed, update);
  const dryRun = parsed.bool("dry-run");
  const warnings: string[] = [];
  const code = await forEach(context, parsed.args, async (name) => {
    const answer = await changeContainer(context.engine, name, { body, dryRun });
    warnings.push(...answer.Warnings);
    return dryRun ? planText(name, answer) : name;
  });
  if (warnings.length > 0) await context.stdout.write(`${warnings.join("\n")}\n`);
  return code;
}

const signs = { add: "+", remove: "-", set: "=" } as const;

function planText(name: string, { Changes, Restarts }: ContainerChangeAnswer): string {
  if (Changes.length === 0) return `${name}: nothing would change`;
  const lines = Changes.map(({ Kind, Action, Value }) => `  ${signs[Action]} ${Kind} ${Value}`);
  return [`${name}: ${Restarts ? "would be stopped and started anew" : "would go on without a restart"}`, ...lines].join("\n");
}

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
