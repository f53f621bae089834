import { expect, test } from "bun:test";
import { compactRow, listPlan, shortDurations, shortImage, shortPorts } from "../container/ls/compact.ts";
import { ellipsisBefore, fitTable } from "./fit.ts";
import { formatTable } from "./table.ts";

const columns = ["ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"];
const headers = Object.fromEntries(columns.map((name) => [name, name.toUpperCase()]));
const rows = [
  {
    ID: "1fdeebf06ac1",
    Image: "registry.example.com:5000/team/application:1.2",
    Command: '"sh -c \'while :; do …"',
    RunningFor: "About an hour ago",
    Status: "Up About an hour (health: starting)",
    Ports: "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp",
    Names: "web",
  },
  {
    ID: "5d31bc6f5f2b",
    Image: "busybox",
    Command: '"true"',
    RunningFor: "3 weeks ago",
    Status: "Exited (0) 3 weeks ago",
    Ports: "",
    Names: "データベース",
  },
];

function fitted(width: number): string[] {
  return fitTable({ columns, headers, rows, compactRows: rows.map(compactRow), width, plan: listPlan });
}

test("a table that fits is docker's, byte for byte", () => {
  const docker = formatTable(columns, headers, rows).trimEnd().split("\n");
  const widest = Math.max(...docker.map((line) => Bun.stringWidth(line)));
  expect(fitted(widest)).toEqual(docker);
  expect(fitted(widest - 1)).not.toEqual(docker);
});

test("no line is wider than the terminal, whatever its width, and names stay to the last", () => {
  for (let width = 1; width <= 220; width++) {
    const lines = fitted(width);
    expect(lines).toHaveLength(3);
    expect(Math.max(...lines.map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(width);
    if (width >= 34)
      expect([lines[0]?.includes("NAMES"), lines[1]?.includes("web"), lines[2]?.includes("データベース")]).toEqual([true, true, true]);
  }
});

test("things are said shorter before anything is cut, and cut before anything is left out", () => {
  expect(fitted(110)).toEqual([
    "ID            IMAGE              COMMAND                 RUNNINGFOR  STATUS             PORTS     NAMES",
    '1fdeebf06ac1  …/application:1.2  "sh -c \'while :; do …"  1h ago      Up 1h (starting)   8080->80  web',
    '5d31bc6f5f2b  busybox            "true"                  3w ago      Exited (0) 3w ago            データベース',
  ]);
  expect(fitted(95)[0]).toMatch(/^ID +IMAGE +COMMAND +RUNNINGFOR +STATUS +PORTS +NAMES$/);
  expect(fitted(75)[0]).toMatch(/^ID +IMAGE +STATUS +PORTS +NAMES$/);
});

test("short words", () => {
  expect(shortDurations("Up Less than a second")).toBe("Up 0s");
  expect(shortDurations("Restarting (1) 12 seconds ago")).toBe("Restarting (1) 12s ago");
  expect(shortDurations("Exited (137) 5 months ago")).toBe("Exited (137) 5mo ago");
  expect(shortPorts("0.0.0.0:53->53/udp, [::]:53->53/udp, 127.0.0.1:1->1/tcp, 9000/tcp")).toBe("53->53/udp, 127.0.0.1:1->1, 9000");
  expect(shortPorts("")).toBe("");
  expect(shortImage("a/b/c:1")).toBe("…/c:1");
  expect(shortImage("c:1")).toBe("c:1");
  expect(ellipsisBefore("abcdef", 4)).toBe("…def");
  expect(ellipsisBefore("日本語", 4)).toBe("…語");
});
