import { pruneContainers } from "@berth/client";
import { formatSize } from "@berth/spec";
import { toFilters } from "../args/filter.ts";
import type { Command } from "../command.ts";
import { confirm } from "../confirm.ts";

/** `berth container prune`. */
export const command: Command = {
  usage: "[OPTIONS]",
  flags: [
    { name: "filter", type: "list", valueName: "filter", help: "Only those that match, e.g. until=24h or label!=keep" },
    { name: "force", short: "f", type: "bool", help: "Do not ask" },
  ],
  examples: ["berth container prune -f", "berth container prune -f --filter until=24h --filter label!=keep"],
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
