import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { until } from "../harness/sandbox.ts";
import { type Desk, openDesk } from "./kit.ts";

setDefaultTimeout(90_000);

let desk: Desk;

beforeAll(async () => {
  desk = await openDesk("logs");
}, 90_000);
afterAll(async () => {
  await desk?.[Symbol.asyncDispose]();
}, 30_000);

/** A container that counts to `count` and lives on. */
const counter = (name: string, count: number, ...words: readonly string[]): Promise<string> =>
  desk.must(
    "run",
    "-d",
    "--name",
    name,
    ...words,
    "busybox",
    "sh",
    "-c",
    `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo ${name} $i; done; trap exit TERM; while :; do sleep 0.1; done`,
  );

test("logs of several containers are merged by time, each line with its name", async () => {
  await Promise.all([counter("one", 3000), counter("two", 3000), counter("three", 3000, "-t")]);
  const ends = async (): Promise<boolean> =>
    (await Promise.all(["one", "two", "three"].map((name) => desk.must("logs", "--tail", "1", name)))).every((line) =>
      line.trim().endsWith(" 3000"),
    );
  await until(ends, 60_000, "they do not come to an end");
  const lines = (await desk.must("logs", "-t", "one", "three", "two")).trimEnd().split("\n");
  expect(lines).toHaveLength(9000);
  const times = lines.map((line) => line.split(" ")[2] ?? "");
  expect(times).toEqual(times.toSorted());
  for (const name of ["one", "two", "three"]) {
    const own = lines.filter((line) => line.startsWith(`${name} | `)).map((line) => line.replace(/^\w+ \| \S+ /, ""));
    expect(own).toEqual(Array.from({ length: 3000 }, (_, index) => `${name} ${index + 1}`));
  }
  const tails = (await desk.must("logs", "--tail", "2", "one", "two")).trimEnd().split("\n").sort();
  expect(tails).toEqual(["one | one 2999", "one | one 3000", "two | two 2999", "two | two 3000"]);
  // One name is docker's logs.
  expect(await desk.must("logs", "--tail", "1", "one")).toBe("one 3000\n");
  await desk.must("rm", "-f", "one", "two", "three");
});

test("stdout stays apart from stderr in pipes", async () => {
  await desk.must("run", "--name", "speaks", "-l", "of=both", "busybox", "sh", "-c", "echo out; echo err >&2");
  await desk.must("run", "--name", "silent", "-l", "of=both", "busybox", "true");
  expect(await desk.berth("logs", "--label", "of=both")).toEqual({ code: 0, stdout: "speaks | out\n", stderr: "speaks | err\n" });
  expect(await desk.berth("logs", "--all")).toEqual({ code: 0, stdout: "speaks | out\n", stderr: "speaks | err\n" });
  await desk.must("rm", "speaks", "silent");
});

// oxlint-disable no-control-regex -- what a terminal shows
test("followed on a terminal in colours; what starts later joins in, what starts again goes on", async () => {
  await counter("first", 2, "-l", "team=a");
  const terminal = desk.open("logs", "-f", "--label", "team");
  await terminal.expect(/\x1b\[38;5;\d+mfirst \| \x1b\[0mfirst 1\r\n.*first 2\r\n/s);
  await counter("other", 1, "-l", "group=a");
  await counter("second", 2, "-l", "team=b");
  await terminal.expect(/\x1b\[38;5;\d+msecond \| \x1b\[0msecond 1\r\n.*second 2\r\n/s);
  await desk.must("restart", "first");
  await terminal.expect(/first {2}\| \x1b\[0mfirst 1\r\n.*first 2\r\n/s);
  await desk.must("exec", "second", "sh", "-c", "echo after all > /proc/1/fd/1");
  await terminal.expect("after all\r\n");
  terminal.type("\x03");
  expect(await terminal.exited).toBe(130);
  expect(terminal.output().match(/first 1\r\n/g)).toHaveLength(2);
  expect(terminal.output()).not.toContain("other");
  const colours = ["first", "second"].map((name) => new RegExp(`(\\d+)m${name}`).exec(terminal.output())?.[1]);
  expect(colours[0]).not.toBe(colours[1]);
});

test("followed by name it ends when all of them have ended", async () => {
  await counter("third", 1);
  const ended = desk.berth("logs", "-f", "third", "first");
  await Bun.sleep(300);
  await desk.must("stop", "third");
  await desk.must("stop", "first");
  const { code, stdout } = await ended;
  expect([code, stdout.includes("third | third 1\n"), stdout.includes("first | first 2\n")]).toEqual([0, true, true]);
});

test("a log that cannot be read is told beside the others; a name that nobody has is an error", async () => {
  await desk.must("run", "--name", "unlogged", "--log-driver", "none", "busybox", "echo", "hidden");
  const mixed = await desk.berth("logs", "third", "unlogged");
  expect(mixed).toEqual({
    code: 1,
    stdout: "third | third 1\n",
    stderr: "berth: unlogged: configured logging driver does not support reading\n",
  });
  expect(await desk.berth("logs", "third", "nobody")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("No such container: nobody") as string,
  });
  expect(await desk.berth("logs")).toMatchObject({ code: 1, stderr: expect.stringContaining("--label or --all") as string });
  const narrow = desk.open("logs", "--no-color", "--all");
  expect(await narrow.exited).toBe(0);
  expect(narrow.output()).toContain("\r\nthird    | third 1\r\n");
});
