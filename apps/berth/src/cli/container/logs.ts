import { messageOf } from "@berth/base";
import { inspectContainer, readLogs } from "@berth/client";
import type { Parsed } from "../args/parse.ts";
import type { Command } from "../command.ts";
import { copyFramed } from "../stream/session.ts";
import { parseMoment } from "../times.ts";

/** `berth logs`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER",
  about:
    "Shows what the container's first process and those that share its output have written, from its log file. What was written to stdout comes out of stdout here, the rest of stderr.",
  flags: [
    { name: "details", type: "bool", help: "Show what --log-opt labels and env added" },
    { name: "follow", short: "f", type: "bool", help: "Go on with what is yet to come" },
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
    { line: "berth logs -t --since 10m web", does: "What was written in the last ten minutes, with times" },
  ],
  seeAlso: ["attach", "events", "run"],
  offers: "started-container",
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const { engine, stdout, stderr } = context;
    const container = await inspectContainer(engine, parsed.arg(0));
    const now = Date.now();
    const body = await readLogs(engine, container.Id, {
      stdout: true,
      stderr: true,
      follow: parsed.bool("follow"),
      timestamps: parsed.bool("timestamps"),
      details: parsed.bool("details"),
      tail: parsed.string("tail"),
      ...(parsed.string("since") === "" ? {} : { since: moment(parsed, "since", now) }),
      ...(parsed.string("until") === "" ? {} : { until: moment(parsed, "until", now) }),
    });
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
