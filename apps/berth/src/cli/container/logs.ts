import { messageOf } from "@berth/base";
import { inspectContainer, readLogs } from "@berth/client";
import type { Parsed } from "../args/parse.ts";
import type { Command } from "../command.ts";
import { CountError } from "../status.ts";
import { copyFramed } from "../stream/session.ts";
import { parseMoment } from "../times.ts";

/** `berth logs`. */
export const command: Command = {
  usage: "[OPTIONS] [CONTAINER...]",
  about:
    "Shows what the container's first process and those that share its output have written, from its log file. What was written to stdout comes out of stdout here, the rest of stderr. Logs of several containers, or of those that --label or --all choose, are merged by time, each line behind the name of its container; --tail counts for each of them. Followed, lines wait a quarter of a second for older ones of others, and containers that start later under the same choice join in.",
  flags: [
    { name: "all", short: "a", type: "bool", help: "Of all containers, also of those that do not run" },
    { name: "details", type: "bool", help: "Show what --log-opt labels and env added" },
    { name: "follow", short: "f", type: "bool", help: "Go on with what is yet to come" },
    { name: "label", short: "l", type: "list", help: "Of containers with this label, KEY or KEY=VALUE" },
    { name: "no-color", type: "bool", help: "Names without colours on a terminal, too" },
    {
      name: "since",
      type: "string",
      help: "Leave out what is older, e.g. 10m (ago) or 2024-05-01T12:00:00Z",
    },
    { name: "tail", short: "n", type: "string", values: ["all"], help: "Begin with so many last lines", fallback: "all" },
    { name: "timestamps", short: "t", type: "bool", help: "Put the time before each line" },
    {
      name: "until",
      type: "string",
      help: "Leave out what is newer, e.g. 10m (ago) or 2024-05-01T12:00:00Z",
    },
  ],
  examples: [
    { line: "berth logs web", does: "Everything so far" },
    { line: "berth logs -f --tail 20 web", does: "The last 20 lines, and then what comes; ctrl-c ends it" },
    { line: "berth logs web db", does: "Of two containers, merged by time" },
    { line: "berth logs --all --tail 2", does: "The last lines of every container there is" },
    { line: "berth logs -t --since 10m web", does: "What was written in the last ten minutes, with times" },
  ],
  seeAlso: ["attach", "events", "run"],
  offers: "started-container",
  min: 0,
  run: async (context, parsed) => {
    const { engine, stdout, stderr } = context;
    const selection = { names: parsed.args, labels: parsed.list("label"), all: parsed.bool("all") };
    const chooses = selection.labels.length > 0 || selection.all;
    if (!chooses && parsed.args.length === 0) throw new CountError("'berth logs' requires at least 1 argument, or --label or --all");
    const now = Date.now();
    const timestamps = parsed.bool("timestamps");
    const part = {
      follow: parsed.bool("follow"),
      details: parsed.bool("details"),
      tail: parsed.string("tail"),
      ...(parsed.string("since") === "" ? {} : { since: moment(parsed, "since", now) }),
      ...(parsed.string("until") === "" ? {} : { until: moment(parsed, "until", now) }),
    };
    if (chooses || parsed.args.length > 1) {
      const { showSeveral } = await import("./logs/several.ts");
      return showSeveral(context, { selection, part, timestamps, colour: !parsed.bool("no-color") });
    }
    const container = await inspectContainer(engine, parsed.arg(0));
    const body = await readLogs(engine, container.Id, { ...part, stdout: true, stderr: true, timestamps });
    if (body === null) return 0;
    if (!container.Config.Tty) await copyFramed(body, stdout, stderr);
    else for await (const bytes of body) await stdout.write(bytes);
    return 0;
  },
};

function moment(parsed: Parsed, name: string, nowMs: number): string {
  try {
    return parseMoment(parsed.string(name), nowMs);
  } catch (error) {
    throw new Error(`invalid value for ${JSON.stringify(name)}: ${messageOf(error)}`, { cause: error });
  }
}
