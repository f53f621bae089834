import type { ContainerRecord } from "../record.ts";
import { humanDuration, timeMs } from "../time.ts";

/** The STATUS column of ps: `Up 2 minutes`, `Exited (0) 3 hours ago`, … */
export function statusText(record: ContainerRecord, nowMs: number): string {
  switch (record.life.status) {
    case "running":
      return `Up ${humanDuration(nowMs - timeMs(record.startedAt))}${healthText(record)}`;
    case "paused":
      return `Up ${humanDuration(nowMs - timeMs(record.startedAt))} (Paused)`;
    case "restarting":
      return `Restarting (${record.exitCode}) ${humanDuration(nowMs - timeMs(record.finishedAt))} ago`;
    case "removing":
      return "Removal In Progress";
    case "dead":
      return "Dead";
    case "created":
      return "Created";
    case "exited":
      return timeMs(record.startedAt) === 0
        ? "Created"
        : `Exited (${record.exitCode}) ${humanDuration(nowMs - timeMs(record.finishedAt))} ago`;
  }
}

function healthText({ health }: ContainerRecord): string {
  if (health === null) return "";
  return health.status === "starting" ? " (health: starting)" : ` (${health.status})`;
}
