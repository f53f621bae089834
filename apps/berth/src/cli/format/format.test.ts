import { describe, expect, test } from "bun:test";
import { displayPorts } from "../container/row.ts";
import { imageRows } from "../image/row.ts";
import { StatusError } from "../status.ts";
import { parseMoment } from "../times.ts";
import { formatList } from "./rows.ts";
import { alignColumns, formatTable, listLayout } from "./table.ts";
import { ellipsis } from "./text.ts";

describe("tables", () => {
  test("columns are as wide as their widest cell, the last has no width", () => {
    expect(alignColumns("ID\tNAME\nabcdefghijkl\tx\n", listLayout)).toBe("ID             NAME\nabcdefghijkl   x\n");
  });
  test("a table of fields is what the template with these fields gives", () => {
    const headers = { ID: "ID", Names: "NAMES" };
    const rows = [
      { ID: "1", Names: "<web>" },
      { ID: "22", Names: "" },
    ];
    expect(formatTable(["ID", "Names"], headers, rows)).toBe(formatList({ format: "table {{.ID}}\t{{.Names}}", headers, rows }));
  });
  test("narrow columns take ten characters", () => expect(alignColumns("A\tB\n1\t2\n", listLayout)).toBe("A         B\n1         2\n"));
  test("a line with fewer cells ends the column, as in Go's tabwriter", () => {
    expect(alignColumns("aaaaaaaaaaaa\tb\nplain\nc\td\n", listLayout)).toBe("aaaaaaaaaaaa   b\nplain\nc         d\n");
  });
  test("wide characters count twice", () =>
    expect(alignColumns("日本語日本語\tb\nx\tc\n", listLayout)).toBe("日本語日本語   b\nx              c\n"));
});

describe("lists", () => {
  const list = { headers: { ID: "CONTAINER ID", Name: "NAME" }, rows: [{ ID: "1", Name: "a<b", Label: (name: string) => `l-${name}` }] };
  test("a table with the user's columns", () => {
    const text = formatList({ ...list, format: 'table {{.ID}}\\t{{upper .Name}}\\t{{.Label "com.x.some-name"}}' });
    expect(text).toBe("CONTAINER ID   NAME      some name\n1              A<B       l-com.x.some-name\n");
  });
  test("json, escaped as Go does", () => expect(formatList({ ...list, format: "json" })).toBe('{"ID":"1","Name":"a\\u003cb"}\n'));
  test("a template", () => expect(formatList({ ...list, format: "{{.ID}}: {{.Name}}" })).toBe("1: a<b\n"));
  test("an empty table keeps its headers", () =>
    expect(formatList({ ...list, rows: [], format: "table {{.ID}}\t{{.Name}}" })).toBe("CONTAINER ID   NAME\n"));
  test("mistakes end with a code", () => {
    expect(() => formatList({ ...list, format: "{{.Nope}}" })).toThrow(StatusError);
    expect(() => formatList({ ...list, format: "{{" })).toThrow("template parsing error");
  });
});

test("ports as docker shows them", () => {
  const tcp = (IP: string | undefined, PrivatePort: number, PublicPort?: number): Parameters<typeof displayPorts>[0][number] => ({
    ...(IP === undefined ? {} : { IP }),
    PrivatePort,
    ...(PublicPort === undefined ? {} : { PublicPort }),
    Type: "tcp",
  });
  expect(displayPorts([])).toBe("");
  expect(displayPorts([tcp(undefined, 80)])).toBe("80/tcp");
  expect(displayPorts([tcp(undefined, 82), tcp(undefined, 80), tcp(undefined, 81)])).toBe("80-82/tcp");
  expect(displayPorts([tcp("0.0.0.0", 80, 8080), tcp("::", 80, 8080)])).toBe("0.0.0.0:8080->80/tcp, [::]:8080->80/tcp");
  expect(displayPorts([tcp("0.0.0.0", 80, 80), tcp("0.0.0.0", 81, 81), tcp("0.0.0.0", 90, 90)])).toBe(
    "0.0.0.0:80-81->80-81/tcp, 0.0.0.0:90->90/tcp",
  );
});

test("an image has a line for every name", () => {
  const image = {
    Id: `sha256:${"ab".repeat(32)}`,
    ParentId: "",
    RepoTags: ["a:1", "localhost:5000/b:2"],
    RepoDigests: ["c@sha256:ff"],
    Created: 0,
    Size: 1_980_000,
    SharedSize: -1,
    Labels: null,
    Containers: -1,
  };
  const rows = imageRows([image, { ...image, RepoTags: [], RepoDigests: [] }], {
    trunc: true,
    nowMs: 0,
    digests: false,
    everyDigest: false,
  });
  expect(rows.map((row) => [row["Repository"], row["Tag"], row["ID"], row["Size"]])).toEqual([
    ["a", "1", "abababababab", "1.98MB"],
    ["localhost:5000/b", "2", "abababababab", "1.98MB"],
    ["c", "<none>", "abababababab", "1.98MB"],
    ["<none>", "<none>", "abababababab", "1.98MB"],
  ]);
});

test("text is shortened by its width on the screen", () => {
  expect(ellipsis("short", 10)).toBe("short");
  expect(ellipsis("exactly-10", 10)).toBe("exactly-10");
  expect(ellipsis("eleven-char", 10)).toBe("eleven-ch…");
  expect(ellipsis("日本語日本語", 7)).toBe("日本語…");
});

describe("moments", () => {
  const now = Date.parse("2026-01-02T03:04:05.678Z");
  const cases: readonly (readonly [string, string])[] = [
    ["", ""],
    ["10m", "1767322445.678000000"],
    ["1767322445", "1767322445"],
    ["1767322445.5", "1767322445.5"],
    ["2026-01-02T03:04:05Z", "1767323045.000000000"],
    ["2026-01-02T03:04:05.123456789Z", "1767323045.123456789"],
    ["2026-01-02T04:04:05+01:00", "1767323045.000000000"],
  ];
  for (const [text, expected] of cases) test(JSON.stringify(text), () => expect(parseMoment(text, now)).toBe(expected));
  for (const text of ["bogus", "2026-99-99", "10x"])
    test(`refuses ${text}`, () => expect(() => parseMoment(text, now)).toThrow("failed to parse value as time or duration"));
});
