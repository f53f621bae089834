import type { FitPlan } from "../../format/fit.ts";
import type { Row } from "../../format/rows.ts";

/** How the table of `ps` gives way to a narrow terminal: names and states stay to the last. */
export const listPlan: FitPlan = {
  compact: ["Ports", "RunningFor", "Status", "Image"],
  cut: [
    ["Command", 12],
    ["Ports", 24],
    ["Image", 20],
    ["Ports", 14],
    ["Image", 12],
    ["Names", 20],
    ["Status", 18],
  ],
  drop: ["Command", "Size", "RunningFor", "Ports", "ID", "Image", "Memory", "CPU"],
  keepsEnd: new Set(["Image"]),
};

/** A row of `ps` in fewer words: `Up 3m`, `8080->80`. */
export function compactRow(row: Row): Row {
  return {
    ...row,
    RunningFor: shortDurations(String(row["RunningFor"])),
    Status: shortDurations(String(row["Status"])).replace("(health: starting)", "(starting)"),
    Image: shortImage(String(row["Image"])),
    Ports: shortPorts(String(row["Ports"])),
  };
}

const units: Readonly<Record<string, string>> = { second: "s", minute: "m", hour: "h", day: "d", week: "w", month: "mo", year: "y" };

/** `Up About an hour (healthy)` as `Up 1h (healthy)`. */
export function shortDurations(text: string): string {
  return text
    .replace("Less than a second", "0s")
    .replace("About a minute", "1m")
    .replace("About an hour", "1h")
    .replace(
      /\b(\d+) (second|minute|hour|day|week|month|year)s?\b/g,
      (_whole, count: string, unit: string) => `${count}${units[unit] ?? unit}`,
    );
}

/** `registry.example.com:5000/team/app:1.2` as `…/app:1.2`. */
export function shortImage(text: string): string {
  const slash = text.lastIndexOf("/");
  return slash < 0 ? text : `…${text.slice(slash)}`;
}

/** `0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 9000/udp` as `8080->80, 9000/udp`: what is the same on all addresses is said once. */
export function shortPorts(text: string): string {
  const ports = text.split(", ").map((port) => port.replace(/^(0\.0\.0\.0|\[::\]):/, "").replace(/\/tcp$/, ""));
  return [...new Set(ports)].join(", ");
}
