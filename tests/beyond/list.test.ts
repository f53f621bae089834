import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { until } from "../harness/sandbox.ts";
import { type Desk, openDesk } from "./kit.ts";

setDefaultTimeout(90_000);

let desk: Desk;
const project = "com.docker.compose.project";

beforeAll(async () => {
  desk = await openDesk("list");
  const { must } = desk;
  await must("run", "-d", "--name", "delta", "-l", `${project}=shop`, "busybox", "sh", "-c", "while :; do :; done");
  await must("run", "-d", "--name", "alpha", "-l", `${project}=shop`, "-l", "tier=back", "busybox", "sleep", "1000");
  await must(
    "run",
    "-d",
    "--name",
    "charlie",
    "-l",
    `${project}=\u001b[31mred`,
    "-l",
    "tier=front",
    "busybox",
    "sh",
    "-c",
    "head -c 300000 /dev/zero > /big; sleep 1000",
  );
  await must("run", "--name", "bravo", "busybox", "true");
}, 90_000);
afterAll(async () => {
  await desk?.[Symbol.asyncDispose]();
}, 30_000);

async function names(...words: readonly string[]): Promise<string[]> {
  return (await desk.must("ps", "-a", "--format", "{{.Names}}", ...words)).trim().split("\n");
}

test("in the order that was asked for, either way round", async () => {
  expect(await names("--sort", "name")).toEqual(["alpha", "bravo", "charlie", "delta"]);
  expect(await names("--sort", "-name")).toEqual(["delta", "charlie", "bravo", "alpha"]);
  expect(await names("--sort", "created")).toEqual(["bravo", "charlie", "alpha", "delta"]);
  expect((await names("--sort", "status")).at(-1)).toBe("bravo");
  await until(async () => (await names("--sort", "size"))[0] === "charlie", 30_000, "the size is not seen");
  await until(async () => (await names("--sort", "cpu"))[0] === "delta", 30_000, "the busy one is not first");
  expect((await names("--sort", "memory")).at(-1)).toBe("bravo");
  expect((await desk.must("ps", "-aq", "--no-trunc", "--sort", "name")).split("\n")[0]).toBe(
    (await desk.must("inspect", "-f", "{{.Id}}", "alpha")).trim(),
  );
  const table = (await desk.must("ps", "-a", "--sort", "cpu")).split("\n");
  expect(table[0]).toMatch(/NAMES +CPU % +MEMORY$/);
  expect(table[1]).toMatch(/delta +[\d.]+% +[\d.]+[KM]iB$/);
  expect(table[4]).toMatch(/bravo +-- +--$/);
});

test("under headings by stack or label, which are shown and not obeyed", async () => {
  const lines = (await desk.must("ps", "-a", "--sort", "name", "--group-by", "stack")).trimEnd().split("\n");
  expect(lines.map((line) => line.match(/^CONTAINER ID|^\S.*\)$|\w+$/)?.[0])).toEqual([
    ...["CONTAINER ID", "?[31mred (1 running)", "charlie", "shop (2 running)", "alpha", "delta", "no stack (0 of 1 running)", "bravo"],
  ]);
  const byTier = await desk.must("ps", "-a", "--sort", "name", "--group-by", "label=tier", "--format", "table {{.Names}}\t{{.State}}");
  expect(byTier.split("\n").map((line) => line.trimEnd().replaceAll(/ {2,}/g, " "))).toEqual([
    ...["NAMES STATE", "tier=back (1 running)", "alpha running", "tier=front (1 running)", "charlie running"],
    ...["no tier (1 of 2 running)", "bravo exited", "delta running", ""],
  ]);
  expect(await names("--sort", "name", "--group-by", "label=tier")).toEqual(["alpha", "charlie", "bravo", "delta"]);
});

test("a terminal gets a table that fits it, a pipe docker's", async () => {
  const piped = await desk.must("ps", "-a", "--filter", "name=alpha");
  expect(piped.split("\n")[0]).toMatch(/^CONTAINER ID {3}IMAGE {5}COMMAND {8}CREATED +STATUS +PORTS {5}NAMES$/);
  const narrow = desk.open("ps", "-a");
  expect(await narrow.exited).toBe(0);
  const shown = narrow.output().trimEnd().split("\r\n");
  expect(shown).toHaveLength(5);
  for (const line of shown) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(80);
  expect(shown[0]).toContain("NAMES");
  const full = desk.open("ps", "-a", "--no-trunc");
  await full.exited;
  expect(full.output()).toContain(`"sh -c 'head -c 300000 /dev/zero > /big; sleep 1000'"`);
});

test("what cannot be sorted or grouped by is said, with what can", async () => {
  expect(await desk.berth("ps", "--sort", "colour")).toMatchObject({
    code: 125,
    stderr: expect.stringContaining("one of name, image") as string,
  });
  expect(await desk.berth("ps", "--group-by", "colour")).toMatchObject({
    code: 125,
    stderr: expect.stringContaining("label=KEY") as string,
  });
});
