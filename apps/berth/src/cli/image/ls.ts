import { listImages } from "@berth/client";
import { filterFlag, toFilters } from "../args/filter.ts";
import type { Command } from "../command.ts";
import { formatList } from "../format/rows.ts";
import { formatHelp } from "../format/text.ts";
import { imageHeaders, imageRows } from "./row.ts";

/** `berth images`. */
export const command: Command = {
  usage: "[OPTIONS] [REPOSITORY[:TAG]]",
  about: "An image with two names has two lines. The size is that of all its layers, also of those that it shares with other images.",
  flags: [
    { name: "all", short: "a", type: "bool", help: "Also nameless steps of builds" },
    { name: "digests", type: "bool", help: "Add a column with digests" },
    filterFlag,
    { name: "format", type: "string", values: ["table", "json"], help: formatHelp },
    { name: "no-trunc", type: "bool", help: "Show ids in full" },
    { name: "quiet", short: "q", type: "bool", help: "Show ids, nothing else" },
  ],
  examples: [
    { line: "berth images", does: "All images that have a name, the newest first" },
    { line: "berth images busybox", does: "Only one repository" },
    { line: "berth images --filter dangling=true -q", does: "Ids of images that have lost their name to a newer one" },
    { line: "berth images --format '{{.Repository}}:{{.Tag}} {{.Size}}'", does: "A line of your own for each name" },
  ],
  seeAlso: ["rmi", "tag", "history", "image inspect"],
  min: 0,
  max: 1,
  run: async (context, parsed) => {
    const asked = parsed.string("format");
    const given = asked || (parsed.bool("quiet") ? "table" : (context.config.imagesFormat ?? "table"));
    const digests = parsed.bool("digests");
    const conditions = [...parsed.list("filter")];
    if (parsed.args.length > 0) conditions.push(`reference=${parsed.arg(0)}`);
    const images = await listImages(context.engine, { all: parsed.bool("all"), filters: toFilters(conditions) });
    const format = tableFormat(given, { quiet: parsed.bool("quiet"), digests });
    const rows = imageRows(images, {
      trunc: !parsed.bool("no-trunc"),
      nowMs: Date.now(),
      digests: digests || format.includes("{{.Digest}}"),
      everyDigest: digests,
    });
    await context.stdout.write(formatList({ format, headers: imageHeaders, rows }));
    return 0;
  },
};

function tableFormat(format: string, how: { readonly quiet: boolean; readonly digests: boolean }): string {
  if (format === "table") {
    if (how.quiet) return "{{.ID}}";
    const digest = how.digests ? "{{.Digest}}\t" : "";
    return `table {{.Repository}}\t{{.Tag}}\t${digest}{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}`;
  }
  if (format === "raw") {
    if (how.quiet) return "image_id: {{.ID}}";
    const digest = how.digests ? "digest: {{.Digest}}\n" : "";
    return `repository: {{.Repository}}\ntag: {{.Tag}}\n${digest}image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n`;
  }
  return format.startsWith("table") && how.digests && !format.includes("{{.Digest}}") ? `${format}\t{{.Digest}}` : format;
}
