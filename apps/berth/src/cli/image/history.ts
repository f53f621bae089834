import { shortId } from "@berth/base";
import { imageHistory } from "@berth/client";
import type { ImageHistoryItem } from "@berth/spec";
import { formatDuration, formatLocalRfc3339, formatSize } from "@berth/spec";
import type { Command } from "../command.ts";
import type { Headers, Row } from "../format/rows.ts";
import { formatList } from "../format/rows.ts";
import { ellipsis, formatHelp } from "../format/text.ts";

const headers: Headers = {
  ID: "IMAGE",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  CreatedBy: "CREATED BY",
  Size: "SIZE",
  Comment: "COMMENT",
};

/** `berth history`. */
export const command: Command = {
  usage: "[OPTIONS] IMAGE",
  about: "The newest step first. Steps that changed only settings have no size.",
  flags: [
    { name: "format", type: "string", values: ["table", "json"], help: formatHelp },
    { name: "human", short: "H", type: "bool", help: "Sizes as 1.2MB and ages; =false for bytes and dates", fallback: "true" },
    { name: "no-trunc", type: "bool", help: "Show every column in full" },
    { name: "quiet", short: "q", type: "bool", help: "Show ids, nothing else" },
  ],
  examples: [
    { line: "berth history busybox", does: "How an image was made" },
    { line: "berth history --no-trunc --format '{{.CreatedBy}}' busybox", does: "The whole lines of its steps" },
  ],
  seeAlso: ["images", "image inspect"],
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const items = await imageHistory(context.engine, parsed.arg(0));
    const human = parsed.bool("human");
    const how = { human, trunc: !parsed.bool("no-trunc"), nowMs: Date.now() };
    const created = human ? "{{.CreatedSince}}" : "{{.CreatedAt}}";
    const table = parsed.bool("quiet") ? "{{.ID}}" : `table {{.ID}}\t${created}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}`;
    const asked = parsed.string("format");
    const format = asked === "" || asked === "table" ? table : asked;
    await context.stdout.write(formatList({ format, headers, rows: items.map((item) => historyRow(item, how)) }));
    return 0;
  },
};

function historyRow(item: ImageHistoryItem, how: { human: boolean; trunc: boolean; nowMs: number }): Row {
  const command = item.CreatedBy.replaceAll("\t", " ");
  // Times before the year 2000 stand for "unknown" in reproducible builds.
  const known = item.Created > 946_684_800;
  const since = known ? `${formatDuration(how.nowMs - item.Created * 1000)} ago` : "N/A";
  return {
    ID: how.trunc ? shortId(item.Id) : item.Id,
    CreatedAt: formatLocalRfc3339(item.Created),
    CreatedSince: how.human ? since : formatLocalRfc3339(item.Created),
    CreatedBy: how.trunc ? ellipsis(command, 45) : command,
    Size: how.human ? formatSize(item.Size, 3) : String(item.Size),
    Comment: item.Comment,
  };
}
