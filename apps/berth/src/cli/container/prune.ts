import { pruneContainers } from "@berth/client";
import { formatSize } from "@berth/spec";
import { toFilters } from "../args/filter.ts";
import type { Command } from "../command.ts";
import { confirm } from "../confirm.ts";

/** `berth container prune`. */
export const command: Command = {
  usage: "[OPTIONS]",
  about: "Deletes what has ended, was never started or could not be started. Asks before it does so, unless -f is given.",
  flags: [
    { name: "filter", type: "list", valueName: "filter", help: "Only those that match, e.g. until=24h or label!=keep" },
    { name: "force", short: "f", type: "bool", help: "Do not ask" },
  ],
  examples: [
    { line: "berth stop web", does: "Stop one" },
    { line: "berth container prune", does: "Delete all that do not run, after a question" },
    {
      line: "berth container prune -f --filter until=24h --filter label!=keep",
      does: "Only those older than a day that are not labelled 'keep'",
    },
  ],
  seeAlso: ["rm", "ps"],
  min: 0,
  max: 0,
  run: async (context, parsed) => {
    const filters = toFilters(parsed.list("filter"));
    if (!parsed.bool("force")) {
      await confirm(context, { warning: "This will remove all stopped containers.", operation: "container prune" });
    }
    const { ContainersDeleted: removed, SpaceReclaimed: bytes } = await pruneContainers(context.engine, filters);
    const list = removed === null || removed.length === 0 ? "" : `Deleted Containers:\n${removed.join("\n")}\n\n`;
    await context.stdout.write(`${list}Total reclaimed space: ${formatSize(bytes)}\n`);
    return 0;
  },
};
