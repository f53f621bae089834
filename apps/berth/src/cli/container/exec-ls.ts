import { shortId } from "@berth/base";
import { listExecs } from "@berth/client";
import { type ExecSummary, formatDuration } from "@berth/spec";
import type { Command } from "../command.ts";
import type { Headers, Row } from "../format/rows.ts";
import { formatList } from "../format/rows.ts";
import { ellipsis, formatHelp } from "../format/text.ts";

const headers: Headers = {
  ID: "EXEC ID",
  Container: "CONTAINER",
  ContainerID: "CONTAINER ID",
  Command: "COMMAND",
  User: "USER",
  Pid: "PID",
  Processes: "PROCESSES",
  Started: "STARTED",
  StartedAt: "STARTED AT",
  Attached: "ATTACHED",
  Status: "STATUS",
};
const commandWidth = 30;

/** `berth exec ls`. */
export const command: Command = {
  usage: "[OPTIONS] [CONTAINER]",
  flags: [
    { name: "all", short: "a", type: "bool", help: "Also those that wait for their start or have ended" },
    { name: "format", type: "string", values: ["table", "json"], help: formatHelp },
    { name: "no-trunc", type: "bool", help: "Show every column in full" },
    { name: "quiet", short: "q", type: "bool", help: "Show ids, nothing else" },
  ],
  examples: [
    { line: "berth exec -d web sleep 600", does: "Something to find" },
    { line: "berth exec ls", does: "What runs by exec in all containers" },
    { line: "berth exec ls -a web", does: "In one container, also what has ended" },
    { line: "berth exec ls --format '{{.Container}}: {{.Command}} ({{.Processes}})'", does: "A line of your own for each" },
  ],
  seeAlso: ["exec", "exec kill", "top"],
  offers: "running-container",
  min: 0,
  max: 1,
  run: async (context, parsed) => {
    const [container] = parsed.args;
    const all = parsed.bool("all");
    const execs = await listExecs(context.engine, { all, ...(container === undefined ? {} : { container }) });
    const columns = `{{.ID}}\t{{.Container}}\t{{.Command}}\t{{.User}}\t{{.Pid}}\t{{.Started}}\t{{.Attached}}${all ? "\t{{.Status}}" : ""}`;
    const asked = parsed.string("format") || "table";
    const format = parsed.bool("quiet") ? "{{.ID}}" : asked === "table" ? `table ${columns}` : asked;
    const trunc = !parsed.bool("no-trunc");
    const nowMs = Date.now();
    await context.stdout.write(formatList({ format, headers, rows: execs.map((exec) => rowOf(exec, { trunc, nowMs })) }));
    return 0;
  },
};

function rowOf(exec: ExecSummary, { trunc, nowMs }: { readonly trunc: boolean; readonly nowMs: number }): Row {
  const words = exec.Command.join(" ");
  return {
    ID: trunc ? shortId(exec.ID) : exec.ID,
    Container: exec.ContainerName,
    ContainerID: trunc ? shortId(exec.ContainerID) : exec.ContainerID,
    Command: trunc ? ellipsis(words, commandWidth) : words,
    User: exec.User || "root",
    Pid: exec.Pid,
    Processes: exec.Processes.length,
    Started: exec.Started === "" ? "" : `${formatDuration(nowMs - Date.parse(exec.Started))} ago`,
    StartedAt: exec.Started,
    Attached: exec.Attached ? (exec.AttachedOnly ? "only" : "yes") : "no",
    Status: exec.Status === "exited" ? `exited (${exec.ExitCode ?? "?"})` : exec.Status,
  };
}
