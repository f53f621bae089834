import type { Command, Context } from "../command.ts";
import { formatList, type Row } from "../format/rows.ts";
import { formatTable } from "../format/table.ts";
import { ellipsis, formatHelp } from "../format/text.ts";
import { listContexts } from "./store/read.ts";
import { compareNaturally } from "./store/sort.ts";
import { defaultDescription, defaultName, descriptionOf, hostOf } from "./store/stored.ts";
import { warnOfVariable } from "./use.ts";

/** docker has no heading for `Current`, and its tables say so. */
const headers = { Name: "NAME", Description: "DESCRIPTION", DockerEndpoint: "DOCKER ENDPOINT", Error: "ERROR" };
const longestError = 45;

/** `berth context ls`. */
export const command: Command = {
  usage: "[OPTIONS]",
  flags: [
    { name: "format", type: "string", values: ["table", "json"], help: formatHelp },
    { name: "quiet", short: "q", type: "bool", help: "Show names, nothing else" },
  ],
  examples: [
    { line: "berth context ls", does: "All contexts; the one in use is marked" },
    { line: "berth context ls --format '{{.Name}} {{.DockerEndpoint}}'", does: "Names and addresses" },
  ],
  seeAlso: ["context create", "context use", "context inspect"],
  local: true,
  min: 0,
  max: 0,
  run: async (context, parsed) => {
    const format = parsed.string("format") || "table";
    const rows = await contextRows(context);
    if (parsed.bool("quiet")) await context.stdout.write(rows.map(({ Name }) => `${Name}\n`).join(""));
    else if (format === "table") {
      const marked = rows.map((row) => ({ ...row, Name: row.Current ? `${row.Name} *` : row.Name }));
      await context.stdout.write(formatTable(Object.keys(headers), headers, marked));
    } else await context.stdout.write(formatList({ format, headers: { ...headers, Current: "<no value>" }, rows }));
    await warnOfVariable(context);
    return 0;
  },
};

interface ContextRow extends Row {
  readonly Name: string;
  readonly Current: boolean;
}

/** All contexts and the one in use, also when it is missing, in the order of their names. */
async function contextRows(context: Context): Promise<ContextRow[]> {
  const row = (Name: string, Description: string, DockerEndpoint: string, Error = ""): ContextRow => ({
    Current: Name === context.contextName,
    Description,
    DockerEndpoint,
    Error: ellipsis(Error.replaceAll("\n", " "), longestError),
    Name,
  });
  const rows = [row(defaultName, defaultDescription, (await context.defaultEndpoint()).host)];
  for (const listed of await listContexts(context.config.directory)) {
    rows.push("problem" in listed ? row(listed.name, "", "", listed.problem) : row(listed.name, descriptionOf(listed), hostOf(listed)));
  }
  if (!rows.some(({ Current }) => Current)) {
    const name = context.contextName;
    rows.push(row(name, "", "", `context ${JSON.stringify(name)}: context not found`));
  }
  return rows.sort((left, right) => compareNaturally(left.Name, right.Name));
}
